// SPDX-License-Identifier: Apache-2.0
// The envelope of a queued message as it lies on disk: the fixed head of the file <id>.envelope. Text lines, the first
// with the format version, the last with a CRC-32C of all before it. Behind it the journal is appended (journal.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "queue/messages.h"

namespace mailtree::queue {

constexpr std::uint32_t envelope_version = 1;            // a higher one is refused, never guessed at
constexpr std::size_t max_envelope_bytes = 16u << 20;    // 1,000 recipients with long ORCPT need about 2 MiB
constexpr std::size_t max_recipients = 10'000;           // as submitted; expansion has its own limit (item.h)

// Why a message is in the queue; decides what happens if it fails.
enum class Purpose : std::uint8_t {
  mail = 0,
  notice = 1,             // a delivery status notification of ours: null sender, failure goes to the postmaster
  postmaster_notice = 2,  // to the postmaster: failure only holds the message
};

struct Envelope {
  std::string queue_id;  // 32 hex digits
  Purpose purpose = Purpose::mail;
  std::string sender;
  std::vector<Recipient> recipients;
  std::uint64_t message_bytes = 0;
  std::string message_sha256;  // 32 octets
  std::string envelope_id;
  std::uint8_t ret = 0;
  bool smtputf8 = false;
  bool eight_bit = true;
  bool internal_origin = false;
  Origin origin;
  std::uint64_t queued_at_us = 0;  // wall clock
};

std::string encode_envelope(const Envelope& envelope);

struct DecodedEnvelope {
  Envelope envelope;
  std::size_t length = 0;  // octets of the head; the journal begins there
};
// Condition::damaged for anything encode_envelope() cannot have written; Condition::cannot for a newer version.
Result<DecodedEnvelope> decode_envelope(std::string_view file);

std::string queue_id_of(const TransactionId& transaction);  // hex
bool is_queue_id(std::string_view text);

}  // namespace mailtree::queue
