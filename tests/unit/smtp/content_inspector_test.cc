// SPDX-License-Identifier: Apache-2.0
#include "smtp/content_inspector.h"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace mailtree::smtp;

namespace {

ContentFacts inspect(std::string_view content, std::size_t piece) {
  ContentInspector inspector;
  for (std::size_t at = 0; at < content.size(); at += piece) inspector.feed(content.substr(at, piece));
  return inspector.finish();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(content_inspector)

BOOST_AUTO_TEST_CASE(a_clean_message_has_no_faults) {
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 1000U}) {
    const ContentFacts facts =
        inspect("Received: a\r\nreceived: b\r\n Received: folded\r\nSubject: x\r\n\r\nReceived: no\r\n", piece);
    BOOST_TEST(facts.octets == 73U);
    BOOST_TEST(facts.received_fields == 2U);
    BOOST_TEST(facts.header_octets == 57U);
    BOOST_TEST(facts.header_complete);
    BOOST_TEST(!facts.bare_cr);
    BOOST_TEST(!facts.bare_lf);
    BOOST_TEST(!facts.nul);
    BOOST_TEST(!facts.eight_bit);
    BOOST_TEST(!facts.long_line);
    BOOST_TEST(facts.ends_with_crlf);
  }
}

BOOST_AUTO_TEST_CASE(bare_line_ends_are_seen_at_any_border) {
  for (const std::size_t piece : {1U, 2U, 3U, 1000U}) {
    BOOST_TEST(inspect("a\nb\r\n", piece).bare_lf);
    BOOST_TEST(!inspect("a\nb\r\n", piece).bare_cr);
    BOOST_TEST(inspect("a\rb\r\n", piece).bare_cr);
    BOOST_TEST(!inspect("a\rb\r\n", piece).bare_lf);
    BOOST_TEST(inspect("a\r\r\n", piece).bare_cr);
    BOOST_TEST(inspect("a\r", piece).bare_cr);
    BOOST_TEST(inspect("\n", piece).bare_lf);
    BOOST_TEST(inspect("\r\n\n", piece).bare_lf);
    BOOST_TEST(!inspect("a\r\n\r\n", piece).bare_cr);
    BOOST_TEST(!inspect("a\r\n\r\n", piece).bare_lf);
    BOOST_TEST(!inspect("a", piece).ends_with_crlf);
  }
}

BOOST_AUTO_TEST_CASE(s08_a_nul_is_seen_at_every_offset) {
  for (std::size_t at = 0; at < 4096; at += 61) {
    std::string content(4096, 'x');
    content[at] = '\0';
    BOOST_TEST(inspect(content, 1000).nul);
  }
  BOOST_TEST(inspect("\x80", 1).eight_bit);
}

BOOST_AUTO_TEST_CASE(lines_over_998_octets_are_long) {
  BOOST_TEST(!inspect(std::string(998, 'x') + "\r\n", 100).long_line);
  BOOST_TEST(inspect(std::string(999, 'x') + "\r\n", 100).long_line);
}

BOOST_AUTO_TEST_CASE(a_header_block_without_end_is_counted_whole) {
  const ContentFacts facts = inspect("Subject: x\r\nTo: y", 4);
  BOOST_TEST(facts.header_octets == 17U);
  BOOST_TEST(!facts.header_complete);
}

BOOST_AUTO_TEST_SUITE_END()
