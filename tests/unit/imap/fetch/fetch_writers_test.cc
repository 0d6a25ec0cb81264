// SPDX-License-Identifier: Apache-2.0
// ENVELOPE, BODYSTRUCTURE and sections as text (RFC 3501 sections 6.4.5 and 7.4.2).
#include <boost/test/unit_test.hpp>

#include "imap/fetch/body_structure_writer.h"
#include "imap/fetch/envelope_writer.h"
#include "imap/fetch/section_ranges.h"
#include "mime/header.h"

using namespace mailtree;
using namespace mailtree::imap;

namespace {

const std::string rfc_header =
    "Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r\n"
    "From: Terry Gray <gray@cac.washington.edu>\r\n"
    "Subject: IMAP4rev1 WG mtg summary and minutes\r\n"
    "To: imap@cac.washington.edu\r\n"
    "cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\r\n"
    "Message-Id: <B27397-0100000@cac.washington.edu>\r\n"
    "MIME-Version: 1.0\r\n"
    "Content-Type: TEXT/PLAIN; CHARSET=US-ASCII\r\n\r\n";

const std::string mixed =
    "Subject: m\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
    "--b\r\nContent-Type: message/rfc822\r\n\r\n"
    "Subject: inner\r\nFrom: a@b\r\n\r\ninner text\r\n"
    "--b--\r\n";

std::string section(const std::string& message, const std::string& text) {
  const mime::PartTree tree = mime::scan(message);
  Decoder in(text);
  Section wanted;
  BOOST_REQUIRE_MESSAGE(read_section(in, wanted), text);
  std::optional<mime::Range> range;
  if (needs_tree(wanted)) {
    range = find_part_section(wanted, tree);
  } else {
    range = find_message_section(wanted, mime::header_block(message).size(), message.size());
  }
  if (!range) return "NIL";
  Ranges ranges(1, *range);
  if (selects_fields(wanted)) {
    ranges = select_section_fields(wanted, std::string_view(message).substr(range->begin, range->size()), range->begin);
  }
  std::string out;
  for (const mime::Range& part : ranges) out += message.substr(part.begin, part.size());
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fetch_writers)

BOOST_AUTO_TEST_CASE(the_envelope_of_the_rfc_is_written_as_there) {
  std::string out;
  append_envelope(out, rfc_header);
  BOOST_TEST(out ==
             "(\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" \"IMAP4rev1 WG mtg summary and minutes\" "
             "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
             "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
             "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
             "((NIL NIL \"imap\" \"cac.washington.edu\")) "
             "((NIL NIL \"minutes\" \"CNRI.Reston.VA.US\")(\"John Klensin\" NIL \"KLENSIN\" \"MIT.EDU\")) NIL NIL "
             "\"<B27397-0100000@cac.washington.edu>\")");
}

BOOST_AUTO_TEST_CASE(an_empty_header_gives_an_envelope_of_nils) {
  std::string out;
  append_envelope(out, "\r\n");
  BOOST_TEST(out == "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)");
}

BOOST_AUTO_TEST_CASE(a_group_is_written_with_markers) {
  std::string out;
  append_envelope(out, "To: friends: a@b, c@d;\r\n\r\n");
  BOOST_TEST(out.find("((NIL NIL \"friends\" NIL)(NIL NIL \"a\" \"b\")(NIL NIL \"c\" \"d\")(NIL NIL NIL NIL))") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_structure_of_a_plain_text_has_size_and_lines) {
  const std::string message = rfc_header + "a\r\nb\r\n";
  std::string out;
  append_body_structure(out, message, mime::scan(message), false);
  BOOST_TEST(out == "(\"text\" \"plain\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7bit\" 6 2)");
}

BOOST_AUTO_TEST_CASE(the_structure_of_a_multipart_holds_its_parts_and_embedded_messages) {
  std::string out;
  append_body_structure(out, mixed, mime::scan(mixed), false);
  BOOST_TEST(out.substr(0, 31) == "((\"text\" \"plain\" (\"charset\" \"us");
  BOOST_TEST(out.find("(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 39 (NIL \"inner\" ((NIL NIL \"a\" \"b\"))") !=
             std::string::npos);
  BOOST_TEST(out.substr(out.size() - 9) == " \"mixed\")");
  std::string extended;
  append_body_structure(extended, mixed, mime::scan(mixed), true);
  BOOST_TEST(extended.find("\"mixed\" (\"boundary\" \"b\") NIL NIL NIL)") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(sections_are_the_octets_they_name) {
  BOOST_TEST(section(mixed, "]") == mixed);
  BOOST_TEST(section(mixed, "HEADER]") == mixed.substr(0, mixed.find("--b")));
  BOOST_TEST(section(mixed, "TEXT]") == mixed.substr(mixed.find("--b")));
  BOOST_TEST(section(mixed, "1]") == "hello");
  BOOST_TEST(section(mixed, "1.MIME]") == "Content-Type: text/plain\r\n\r\n");
  BOOST_TEST(section(mixed, "2]") == "Subject: inner\r\nFrom: a@b\r\n\r\ninner text");
  BOOST_TEST(section(mixed, "2.HEADER]") == "Subject: inner\r\nFrom: a@b\r\n\r\n");
  BOOST_TEST(section(mixed, "2.TEXT]") == "inner text");
  BOOST_TEST(section(mixed, "2.1]") == "inner text");
  BOOST_TEST(section(mixed, "2.HEADER.FIELDS (subject)]") == "Subject: inner\r\n\r\n");
  BOOST_TEST(section(mixed, "HEADER.FIELDS.NOT (subject)]") == "Content-Type: multipart/mixed; boundary=b\r\n\r\n");
  for (const char* missing : {"3]", "1.1.1]", "1.HEADER]", "1.TEXT]", "3.MIME]"}) {
    BOOST_TEST(section(mixed, missing) == "NIL", missing);
  }
}

BOOST_AUTO_TEST_CASE(the_first_part_of_a_simple_message_is_its_body) {
  const std::string message = rfc_header + "a\r\nb\r\n";
  BOOST_TEST(section(message, "1]") == "a\r\nb\r\n");
  BOOST_TEST(section(message, "1.HEADER]") == "NIL");
  BOOST_TEST(section(message, "2]") == "NIL");
}

BOOST_AUTO_TEST_CASE(partial_ranges_never_leave_the_text) {
  const Ranges ranges{{10, 20}, {30, 35}};
  BOOST_TEST(total_octets(ranges) == 15u);
  BOOST_TEST((clip(ranges, {0, 4294967295u}) == ranges));
  BOOST_TEST((clip(ranges, {8, 4}) == Ranges{{18, 20}, {30, 32}}));
  BOOST_TEST((clip(ranges, {12, 1}) == Ranges{{32, 33}}));
  BOOST_TEST(clip(ranges, {15, 10}).empty());
  BOOST_TEST(clip(ranges, {4294967295u, 4294967295u}).empty());
}

BOOST_AUTO_TEST_SUITE_END()
