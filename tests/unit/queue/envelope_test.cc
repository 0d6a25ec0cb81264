// SPDX-License-Identifier: Apache-2.0
#include "queue/envelope.h"

#include <boost/test/unit_test.hpp>

#include "samples.h"

namespace mailtree::queue {

BOOST_AUTO_TEST_SUITE(envelope)

BOOST_AUTO_TEST_CASE(an_envelope_survives_its_file) {
  const Envelope before = samples::full();
  const std::string text = encode_envelope(before);
  const auto decoded = decode_envelope(text + "journal follows\n");
  BOOST_REQUIRE(decoded.has_value());
  BOOST_TEST(decoded->length == text.size());
  const Envelope& after = decoded->envelope;
  BOOST_TEST(after.sender == before.sender);
  BOOST_TEST(after.recipients.size() == 3U);
  BOOST_TEST(after.recipients[1].address == before.recipients[1].address);
  BOOST_TEST(after.recipients[2].original == before.recipients[2].original);
  BOOST_TEST(after.recipients[0].notify == before.recipients[0].notify);
  BOOST_TEST(after.message_sha256 == before.message_sha256);
  BOOST_TEST(after.envelope_id == before.envelope_id);
  BOOST_TEST(after.origin.authenticated_as == before.origin.authenticated_as);
  BOOST_TEST(after.internal_origin);
  BOOST_TEST(encode_envelope(after) == text);
}

// R08
BOOST_AUTO_TEST_CASE(every_flipped_bit_is_found) {
  const std::string text = encode_envelope(samples::full());
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string broken = text;
      broken[i] = static_cast<char>(broken[i] ^ (1 << bit));
      BOOST_TEST_REQUIRE(!decode_envelope(broken).has_value(), "octet " << i << " bit " << bit);
    }
  }
}

// R08
BOOST_AUTO_TEST_CASE(every_truncation_is_found) {
  const std::string text = encode_envelope(samples::full());
  for (std::size_t length = 0; length < text.size(); ++length) {
    BOOST_TEST_REQUIRE(!decode_envelope(std::string_view(text).substr(0, length)).has_value(), length);
  }
}

BOOST_AUTO_TEST_CASE(a_newer_version_is_refused_and_not_called_damaged) {
  const auto decoded = decode_envelope("mailtree-envelope 2\nwhatever\n");
  BOOST_REQUIRE(!decoded.has_value());
  BOOST_TEST((decoded.error().condition == Condition::cannot));
}

BOOST_AUTO_TEST_CASE(a_file_of_zeros_is_no_envelope) {
  BOOST_TEST(!decode_envelope(std::string(4096, '\0')).has_value());
  BOOST_TEST(!decode_envelope("").has_value());
}

BOOST_AUTO_TEST_CASE(queue_ids_are_hexadecimal_transaction_ids) {
  BOOST_TEST(samples::id(0xa7) == "a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7");
  BOOST_TEST(is_queue_id(samples::id(3)));
  BOOST_TEST(!is_queue_id("A7A7a7a7a7a7a7a7a7a7a7a7a7a7a7a7"));
  BOOST_TEST(!is_queue_id("../../../../../../../../../../etc"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mailtree::queue
