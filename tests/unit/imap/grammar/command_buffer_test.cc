// SPDX-License-Identifier: Apache-2.0
// Assembly of commands with literals (RFC 3501 section 4.3, RFC 7888; catalogue I01 to I03).
#include "imap/grammar/command_buffer.h"

#include <boost/test/unit_test.hpp>

using namespace mailtree;
using namespace mailtree::imap;
using Step = CommandBuffer::Step;

BOOST_AUTO_TEST_SUITE(command_buffer)

BOOST_AUTO_TEST_CASE(a_line_without_literal_is_a_command) {
  CommandBuffer buffer;
  BOOST_TEST((buffer.add_line("a1 NOOP") == Step::complete));
  BOOST_TEST(buffer.text() == "a1 NOOP");
  BOOST_TEST(buffer.tag() == "a1");
}

BOOST_AUTO_TEST_CASE(literals_of_login_are_collected_in_place) {
  CommandBuffer buffer;
  BOOST_TEST((buffer.add_line("a001 LOGIN {11}") == Step::literal));
  BOOST_TEST((buffer.octets() == 11 && buffer.waits()));
  buffer.add_literal("FRED ");
  buffer.add_literal("FOOBAR");
  BOOST_TEST((buffer.add_line(" {7+}") == Step::literal));
  BOOST_TEST((buffer.octets() == 7 && !buffer.waits()));
  buffer.add_literal("fat man");
  BOOST_TEST((buffer.add_line("") == Step::complete));
  BOOST_TEST(buffer.text() == "a001 LOGIN {11}\r\nFRED FOOBAR {7+}\r\nfat man");
}

BOOST_AUTO_TEST_CASE(sizes_that_are_no_number_of_ours_are_refused_without_continuation) {
  for (const char* bad : {"a X {18446744073709551616}", "a X {-1}", "a X {00000000000000000001}", "a X {1 }", "a X {}",
                          "a X {1++}", "a X {x}"}) {
    CommandBuffer buffer;
    BOOST_TEST((buffer.add_line(bad) == Step::refused), bad);
    BOOST_TEST((buffer.error().kind == Kind::protocol));
    BOOST_TEST(buffer.tag() == "a");
    BOOST_TEST(buffer.text().empty());
  }
  CommandBuffer buffer;
  BOOST_TEST((buffer.add_line("a X {4294967296}") == Step::refused));
  BOOST_TEST((buffer.error().condition == Condition::too_big));
}

BOOST_AUTO_TEST_CASE(the_sum_of_literals_is_bounded_and_the_stream_stays_in_step) {
  CommandBuffer buffer;
  const std::string octets(65536, 'x');
  std::string line = "a SEARCH TEXT {65536+}";
  std::size_t kept = 0;
  std::size_t skipped = 0;
  for (int i = 0; i < 100; ++i) {
    const Step step = buffer.add_line(line);
    if (step == Step::literal) {
      buffer.add_literal(octets);
      ++kept;
    } else {
      BOOST_TEST((step == Step::skip));
      ++skipped;
    }
    line = " TEXT {65536+}";
  }
  BOOST_TEST(kept == 3u);
  BOOST_TEST(skipped == 97u);
  BOOST_TEST((buffer.add_line("") == Step::refused));
  BOOST_TEST((buffer.error().condition == Condition::limit));
  buffer.clear();
  BOOST_TEST((buffer.add_line("b NOOP") == Step::complete));
}

BOOST_AUTO_TEST_CASE(a_refused_command_ends_at_a_literal_the_client_waits_with) {
  CommandBuffer buffer;
  BOOST_TEST((buffer.add_line("a SEARCH TEXT {70000}") == Step::refused));
  buffer.clear();
  BOOST_TEST((buffer.add_line("a SEARCH TEXT {70000+}") == Step::lost));
}

BOOST_AUTO_TEST_CASE(the_message_of_append_is_left_to_be_streamed) {
  CommandBuffer buffer;
  BOOST_TEST((buffer.add_line("A003 APPEND saved-messages (\\Seen) {310000000}") == Step::message));
  BOOST_TEST(buffer.octets() == 310000000u);
  buffer.clear();
  BOOST_TEST((buffer.add_line("A003 append {5}") == Step::literal));
  buffer.add_literal("INBOX");
  BOOST_TEST((buffer.add_line(" {10+}") == Step::message));
  BOOST_TEST(!buffer.waits());
  CommandBuffer before(limits_before_login);
  BOOST_TEST((before.add_line("A003 APPEND INBOX {310000}") == Step::refused));
}

BOOST_AUTO_TEST_CASE(before_login_a_command_has_8_kib) {
  CommandBuffer buffer(limits_before_login);
  BOOST_TEST((buffer.add_line("a LOGIN {8193}") == Step::refused));
  buffer.clear();
  BOOST_TEST((buffer.add_line("a LOGIN {8000}") == Step::literal));
  buffer.add_literal(std::string(8000, 'x'));
  BOOST_TEST((buffer.add_line(" {1000}") == Step::refused));
}

BOOST_AUTO_TEST_CASE(braces_that_announce_nothing_are_text) {
  CommandBuffer buffer;
  BOOST_TEST((buffer.add_line("a SEARCH TEXT \"{5}\"") == Step::complete));
  buffer.clear();
  BOOST_TEST((buffer.add_line("a SEARCH TEXT x}") == Step::complete));
}

BOOST_AUTO_TEST_SUITE_END()
