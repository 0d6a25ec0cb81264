// SPDX-License-Identifier: Apache-2.0
#include "queue/words.h"

#include <boost/test/unit_test.hpp>

namespace mailtree::queue {

BOOST_AUTO_TEST_SUITE(words)

BOOST_AUTO_TEST_CASE(any_octets_survive_as_a_word) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  for (const std::string& text : {std::string(), std::string("-"), std::string("--"), std::string("a b%c"), all}) {
    const std::string word = encode_word(text);
    BOOST_TEST(word.find_first_of(" \n") == std::string::npos);
    BOOST_TEST((decode_word(word) == text));
  }
}

BOOST_AUTO_TEST_CASE(a_word_has_one_form_only) {
  for (const char* text : {"", "%", "%4", "%41", "%zz", "a b", "%2d", "%0a", "\x7f", "a%"}) {
    BOOST_TEST(!decode_word(text).has_value(), text);
  }
}

BOOST_AUTO_TEST_CASE(the_checksum_is_crc_32c) {
  BOOST_TEST(crc32c("123456789") == 0xe3069283U);
  BOOST_TEST(crc32c("") == 0U);
  BOOST_TEST(crc32c("6789", crc32c("12345")) == 0xe3069283U);
  BOOST_TEST(hex32(0xe3069283U) == "e3069283");
}

BOOST_AUTO_TEST_CASE(numbers_are_plain_decimals) {
  for (const char* text : {"01", "+1", "-1", "1x", "", "18446744073709551616"}) {
    const std::string whole = std::string("verb ") + text;
    LineReader line(whole);
    line.verb();
    line.number();
    BOOST_TEST(!line.ok(), text);
  }
  LineReader line("verb 18446744073709551615 0");
  line.verb();
  BOOST_TEST(line.number() == ~0ULL);
  BOOST_TEST(line.number() == 0U);
  BOOST_TEST(line.at_end());
}

BOOST_AUTO_TEST_CASE(missing_words_are_noticed) {
  LineReader line("verb");
  line.verb();
  BOOST_TEST(line.word().empty());
  BOOST_TEST(!line.ok());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mailtree::queue
