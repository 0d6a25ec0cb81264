// SPDX-License-Identifier: Apache-2.0
#include "mime/part_tree.h"

#include <boost/test/unit_test.hpp>
#include <initializer_list>
#include <string>

#include "mime/line_ends.h"
#include "tree_check.h"

using namespace mailtree::mime;
using mailtree::mime::testing::check_tree;

namespace {

std::string body_of(std::string_view text, const PartTree& tree, std::uint32_t part) {
  return std::string(text.substr(tree.parts[part].body_begin, tree.parts[part].body_end - tree.parts[part].body_begin));
}

std::uint32_t find(const PartTree& tree, std::initializer_list<std::uint32_t> path) {
  return find_part(tree, std::span<const std::uint32_t>(path.begin(), path.size()));
}

PartTree checked(std::string_view text) {
  PartTree tree = scan(text);
  BOOST_TEST(check_tree(text, tree) == "");
  return tree;
}

const std::string nested =
    "From: a@alpha.test\n"
    "Content-Type: multipart/mixed; boundary=\"outer\"\n"
    "\n"
    "preamble\n"
    "--outer\n"
    "\n"
    "one\n"
    "\n"
    "--outer\n"
    "Content-Type: message/rfc822\n"
    "\n"
    "Subject: inside\n"
    "Content-Type: multipart/alternative; boundary=in\n"
    "\n"
    "--in\n"
    "Content-Type: text/plain\n"
    "\n"
    "two.one\n"
    "--in  \n"
    "Content-Type: text/html\n"
    "\n"
    "<b>two.two\n"
    "--in--\n"
    "epilogue\n"
    "--outer\n"
    "Content-Type: image/png\n"
    "\n"
    "--outer--\n"
    "end\n";

std::string multipart_of_depth(std::size_t depth) {
  std::string text;
  for (std::size_t i = 0; i < depth; ++i) {
    const std::string boundary = "b" + std::to_string(i);
    text += "Content-Type: multipart/mixed; boundary=" + boundary + "\n\n--" + boundary + "\n";
  }
  return text + "\nleaf\n";
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_plain_message_is_one_part) {
  const std::string text = "Subject: x\r\n\r\nhello\r\n";
  const PartTree tree = checked(text);
  BOOST_TEST(tree.parts.size() == 1U);
  BOOST_TEST(body_of(text, tree, 0) == "hello\r\n");
  BOOST_TEST(tree.root().body_lines == 1U);
  BOOST_TEST(find(tree, {1}) == 0U);
  BOOST_TEST(find(tree, {1, 1}) == no_part);
  BOOST_TEST(find(tree, {2}) == no_part);
  BOOST_TEST(find(tree, {0}) == no_part);
}

BOOST_AUTO_TEST_CASE(odd_messages_are_one_part) {
  for (const std::string text : {"", "\n", "\r\n", "Subject: x", "Subject: x\n", "no header at all\n", "a\r", "\r"}) {
    const PartTree tree = checked(text);
    BOOST_TEST(tree.parts.size() == 1U);
  }
}

BOOST_AUTO_TEST_CASE(section_numbers_lead_through_embedded_messages) {
  for (const std::string& text : {nested, to_crlf(nested)}) {
    const std::string end = text == nested ? "\n" : "\r\n";
    const PartTree tree = checked(text);
    BOOST_TEST(tree.root().child_count == 3U);
    BOOST_TEST(body_of(text, tree, find(tree, {1})) == "one" + end);
    const std::uint32_t message = find(tree, {2});
    BOOST_TEST((tree.parts[message].kind == PartKind::message));
    BOOST_TEST(body_of(text, tree, find(tree, {2, 1})) == "two.one");
    BOOST_TEST(body_of(text, tree, find(tree, {2, 2})) == "<b>two.two");
    BOOST_TEST(find(tree, {2, 3}) == no_part);
    BOOST_TEST(body_of(text, tree, find(tree, {3})) == "");
    BOOST_TEST(find(tree, {4}) == no_part);
    const std::uint32_t inside = embedded_message(tree, message);
    const std::string_view all = text;
    BOOST_TEST(all.substr(tree.parts[inside].header_begin).starts_with("Subject: inside"));
    BOOST_TEST(body_of(text, tree, inside).ends_with("epilogue"));
  }
}

BOOST_AUTO_TEST_CASE(sizes_on_the_wire_do_not_depend_on_stored_line_ends) {
  const std::string crlf = to_crlf(nested);
  const PartTree bare = checked(nested);
  const PartTree full = checked(crlf);
  BOOST_TEST_REQUIRE(bare.parts.size() == full.parts.size());
  for (std::size_t i = 0; i < bare.parts.size(); ++i) {
    BOOST_TEST(bare.parts[i].header_octets() == full.parts[i].header_octets());
    BOOST_TEST(bare.parts[i].body_octets() == full.parts[i].body_octets());
    BOOST_TEST(bare.parts[i].body_lines == full.parts[i].body_lines);
  }
}

BOOST_AUTO_TEST_CASE(an_outer_boundary_ends_unclosed_inner_parts) {
  const std::string text =
      "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; "
      "boundary=b\n\n--b\n\nx\n--a\n\ny\n--a--\n";
  const PartTree tree = checked(text);
  BOOST_TEST(body_of(text, tree, find(tree, {1, 1})) == "x");
  BOOST_TEST(body_of(text, tree, find(tree, {2})) == "y");
}

BOOST_AUTO_TEST_CASE(boundaries_that_are_prefixes_of_each_other_stay_apart) {
  const std::string text =
      "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=aa\n\n"
      "--aa\n\nx\n--aab\n--aa--\n--a\n\ny\n--a--\n";
  const PartTree tree = checked(text);
  BOOST_TEST(body_of(text, tree, find(tree, {1, 1})) == "x\n--aab");
  BOOST_TEST(body_of(text, tree, find(tree, {2})) == "y");
}

BOOST_AUTO_TEST_CASE(a_reused_boundary_belongs_to_the_innermost_part) {
  const std::string text =
      "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=a\n\n"
      "--a\n\nx\n--a--\n--a\n\ny\n--a--\n";
  const PartTree tree = checked(text);
  BOOST_TEST(body_of(text, tree, find(tree, {1, 1})) == "x");
  BOOST_TEST(body_of(text, tree, find(tree, {2})) == "y");
}

BOOST_AUTO_TEST_CASE(a_header_cut_off_by_a_boundary_is_a_part_without_body) {
  const std::string text = "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: text/html\n--a\n--a\n\nx";
  const PartTree tree = checked(text);
  BOOST_TEST(tree.root().child_count == 3U);
  BOOST_TEST(tree.parts[1].body().size() == 0U);
  BOOST_TEST(body_of(text, tree, find(tree, {3})) == "x");
}

BOOST_AUTO_TEST_CASE(a_multipart_whose_boundary_never_comes_is_text) {
  for (const std::string type :
       {"multipart/mixed; boundary=zzz", "multipart/mixed", "multipart/mixed; boundary=\"\""}) {
    const std::string text = "Content-Type: " + type + "\n\n--a\n\nx\n";
    const PartTree tree = checked(text);
    BOOST_TEST(tree.parts.size() == 1U);
    BOOST_TEST((tree.root().kind == PartKind::leaf));
    BOOST_TEST(describe(text, tree.root()).is("text", "plain"));
  }
}

BOOST_AUTO_TEST_CASE(parts_of_a_digest_are_messages) {
  const std::string text = "Content-Type: multipart/digest; boundary=a\n\n--a\n\nSubject: one\n\nbody\n--a--\n";
  const PartTree tree = checked(text);
  BOOST_TEST((tree.parts[find(tree, {1})].kind == PartKind::message));
  BOOST_TEST(body_of(text, tree, find(tree, {1, 1})) == "body");
}

BOOST_AUTO_TEST_CASE(a_message_that_is_a_message_has_its_own_numbers) {
  const std::string text = "Content-Type: message/rfc822\n\nContent-Type: message/rfc822\n\nSubject: x\n\ny\n";
  const PartTree tree = checked(text);
  BOOST_TEST(find(tree, {1}) == 0U);
  BOOST_TEST(find(tree, {1, 1}) == 1U);
  BOOST_TEST(find(tree, {1, 1, 1}) == 2U);
  BOOST_TEST(find(tree, {1, 1, 1, 1}) == no_part);
}

BOOST_AUTO_TEST_CASE(boundaries_over_the_limit_are_not_used) {
  for (const std::size_t length : {max_boundary_bytes - 1, max_boundary_bytes, max_boundary_bytes + 1}) {
    const std::string boundary(length, 'x');
    const std::string text = "Content-Type: multipart/mixed; boundary=" + boundary + "\n\n--" + boundary + "\n\nbody\n";
    BOOST_TEST(checked(text).parts.size() == (length <= max_boundary_bytes ? 2U : 1U));
  }
}

// M01
BOOST_AUTO_TEST_CASE(deep_nesting_ends_in_one_opaque_part) {
  for (const std::size_t depth : {max_depth - 1, max_depth, max_depth + 1, std::size_t{100000}}) {
    const PartTree tree = checked(multipart_of_depth(depth));
    BOOST_TEST(tree.truncated == (depth >= max_depth));
    BOOST_TEST(tree.parts.size() == std::min(depth + 1, max_depth));
  }
  std::string messages;
  for (int i = 0; i < 100000; ++i) messages += "Content-Type: message/rfc822\n\n";
  BOOST_TEST(checked(messages).parts.size() == max_depth);
}

// M02
BOOST_AUTO_TEST_CASE(parts_beyond_the_limit_are_text_of_the_last_one) {
  for (const std::size_t count : {max_parts - 2, max_parts - 1, max_parts, std::size_t{500000}}) {
    std::string text = "Content-Type: multipart/mixed; boundary=a\n\n";
    for (std::size_t i = 0; i < count; ++i) text += "--a\n";
    const PartTree tree = checked(text);
    BOOST_TEST(tree.parts.size() == std::min(count + 1, max_parts));
    BOOST_TEST(tree.truncated == (count + 1 > max_parts));
  }
}

// M08
BOOST_AUTO_TEST_CASE(a_message_cut_anywhere_is_still_a_tree) {
  for (const std::string& text : {nested, to_crlf(nested)})
    for (std::size_t i = 0; i <= text.size(); ++i) {
      const std::string_view cut = std::string_view(text).substr(0, i);
      BOOST_REQUIRE_EQUAL(check_tree(cut, scan(cut)), "");
    }
}
