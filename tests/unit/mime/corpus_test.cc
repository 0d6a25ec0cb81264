// SPDX-License-Identifier: Apache-2.0
// Real messages: whole, cut at many places, taken apart and put together again.
#include "corpus.h"

#include <boost/test/unit_test.hpp>

#include "mime/encoded_word.h"
#include "mime/envelope.h"
#include "tree_check.h"

using namespace mailtree::mime;
using mailtree::mime::testing::check_tree;
using mailtree::mime::testing::corpus;
using mailtree::mime::testing::Sample;

namespace {

// What stands between the children of a multipart must be boundaries, preamble and epilogue: with the children put in
// between again, the body is there once more. True for each multipart of the tree.
bool children_rebuild_their_parent(const std::string& text, const PartTree& tree) {
  for (const Part& part : tree.parts) {
    std::string rebuilt;
    std::uint64_t position = part.body_begin;
    for (std::uint32_t child = part.first_child; child != no_part; child = tree.parts[child].next_sibling) {
      const Part& inner = tree.parts[child];
      rebuilt += text.substr(position, inner.header_begin - position);
      rebuilt +=
          text.substr(inner.header_begin, inner.header().size()) + text.substr(inner.body_begin, inner.body().size());
      position = inner.body_end;
    }
    rebuilt += text.substr(position, part.body_end - position);
    if (rebuilt != text.substr(part.body_begin, part.body().size())) return false;
  }
  return true;
}

}  // namespace

BOOST_AUTO_TEST_CASE(sample_messages_have_sound_trees) {
  for (const Sample& sample : corpus()) {
    const PartTree tree = scan(sample.text);
    BOOST_TEST(check_tree(sample.text, tree) == "", sample.name);
    BOOST_TEST(!tree.truncated, sample.name);
    BOOST_TEST(children_rebuild_their_parent(sample.text, tree), sample.name);
  }
}

// M08
BOOST_AUTO_TEST_CASE(sample_messages_cut_anywhere_have_sound_trees) {
  for (const Sample& sample : corpus()) {
    const std::size_t step = sample.text.size() / 300 + 1;
    for (std::size_t end = 0; end < sample.text.size(); end += step) {
      const std::string cut = sample.text.substr(0, end);  // its own allocation: reading past the end is seen
      const PartTree tree = scan(cut);
      BOOST_REQUIRE_EQUAL(check_tree(cut, tree), "");
      read_envelope(header_block(cut));
    }
  }
}

BOOST_AUTO_TEST_CASE(subjects_of_sample_messages_decode_to_clean_text) {
  for (const Sample& sample : corpus()) {
    const Envelope envelope = read_envelope(header_block(sample.text));
    if (!envelope.subject) continue;
    const std::string text = decode_text(*envelope.subject);
    for (const char c : text) BOOST_REQUIRE((static_cast<unsigned char>(c) >= 0x20 && c != 0x7f));
    BOOST_TEST(decode_text(encode_text(text)) == text, sample.name);
  }
}
