// SPDX-License-Identifier: Apache-2.0
// Writing and reading the envelope head. See envelope.h.
#include "queue/envelope.h"

#include <algorithm>

#include "base/encoding.h"
#include "queue/words.h"

namespace mailtree::queue {
namespace {

constexpr std::string_view magic = "mailtree-envelope ";
constexpr std::string_view end_mark = "end ";

Error damaged(std::string detail) {
  return Error{Kind::permanent, Condition::damaged, "Queue file is damaged", std::move(detail)};
}

bool read_recipient(LineReader& line, Recipient& recipient) {
  recipient.notify = static_cast<std::uint8_t>(line.number(15));
  recipient.address = line.word();
  recipient.original = line.word();
  return line.at_end() && !recipient.address.empty();
}

bool read_origin(LineReader& line, Origin& origin) {
  origin.received_at_us = line.number();
  origin.protocol = line.word();
  origin.client_address = line.word();
  origin.client_name = line.word();
  origin.hello = line.word();
  origin.authenticated_as = line.word();
  return line.at_end();
}

bool read_message(LineReader& line, Envelope& envelope) {
  envelope.message_bytes = line.number();
  const std::string_view text = line.verb();
  const auto hash = hex_decode(text);
  if (!hash || hash->size() != 32 || hex_encode(*hash) != text) return false;
  envelope.message_sha256 = *hash;
  return line.at_end();
}

bool read_options(LineReader& line, Envelope& envelope) {
  const std::uint64_t purpose = line.number(2);
  envelope.purpose = static_cast<Purpose>(purpose);
  envelope.ret = static_cast<std::uint8_t>(line.number(2));
  envelope.smtputf8 = line.number(1) != 0;
  envelope.eight_bit = line.number(1) != 0;
  envelope.internal_origin = line.number(1) != 0;
  return line.at_end();
}

// One line of the body. The order is fixed, so that there is one file for one envelope.
bool read_line(std::string_view text, std::size_t place, Envelope& envelope) {
  LineReader line(text);
  const std::string_view verb = line.verb();
  switch (place) {
    case 0:
      envelope.queue_id = line.word();
      envelope.queued_at_us = line.number();
      return verb == "queue" && line.at_end() && is_queue_id(envelope.queue_id);
    case 1:
      return verb == "message" && read_message(line, envelope);
    case 2:
      return verb == "options" && read_options(line, envelope);
    case 3:
      return verb == "origin" && read_origin(line, envelope.origin);
    case 4:
      envelope.sender = line.word();
      envelope.envelope_id = line.word();
      return verb == "from" && line.at_end();
    default:
      if (verb != "to" || envelope.recipients.size() >= max_recipients) return false;
      return read_recipient(line, envelope.recipients.emplace_back());
  }
}

}  // namespace

std::string encode_envelope(const Envelope& e) {
  std::string text(magic);
  text += std::to_string(envelope_version) + "\n";
  const auto add = [&text](LineWriter& line) { text += line.take() + "\n"; };
  add(LineWriter("queue").word(e.queue_id).number(e.queued_at_us));
  add(LineWriter("message").number(e.message_bytes).word(hex_encode(e.message_sha256)));
  add(LineWriter("options")
          .number(static_cast<std::uint64_t>(e.purpose))
          .number(e.ret)
          .number(e.smtputf8 ? 1 : 0)
          .number(e.eight_bit ? 1 : 0)
          .number(e.internal_origin ? 1 : 0));
  add(LineWriter("origin")
          .number(e.origin.received_at_us)
          .word(e.origin.protocol)
          .word(e.origin.client_address)
          .word(e.origin.client_name)
          .word(e.origin.hello)
          .word(e.origin.authenticated_as));
  add(LineWriter("from").word(e.sender).word(e.envelope_id));
  for (const Recipient& to : e.recipients) add(LineWriter("to").number(to.notify).word(to.address).word(to.original));
  text += end_mark;
  text += hex32(crc32c(text)) + "\n";
  return text;
}

Result<DecodedEnvelope> decode_envelope(std::string_view file) {
  file = file.substr(0, max_envelope_bytes);
  if (!file.starts_with(magic)) return damaged("no envelope header");
  const auto first_end = file.find('\n');
  if (first_end == std::string_view::npos) return damaged("cut in the first line");
  const std::string_view version = file.substr(magic.size(), first_end - magic.size());
  if (version != std::to_string(envelope_version)) {
    const std::string detail = "version " + std::string(version);
    return Error{Kind::permanent, Condition::cannot, "Queue file is of another version", detail};
  }
  DecodedEnvelope decoded;
  std::size_t begin = first_end + 1;
  for (std::size_t place = 0;; ++place) {
    const auto end = file.find('\n', begin);
    if (end == std::string_view::npos) return damaged("cut before its end");
    const std::string_view line = file.substr(begin, end - begin);
    if (line.starts_with(end_mark)) {
      const std::string expected = hex32(crc32c(file.substr(0, begin + end_mark.size())));
      if (line.substr(end_mark.size()) != expected) return damaged("checksum differs");
      decoded.length = end + 1;
      break;
    }
    if (!read_line(line, place, decoded.envelope)) return damaged("line " + std::to_string(place + 2));
    begin = end + 1;
  }
  if (decoded.envelope.recipients.empty()) return damaged("no recipient");
  return decoded;
}

std::string queue_id_of(const TransactionId& transaction) {
  return hex_encode(std::string_view(reinterpret_cast<const char*>(transaction.data()), transaction.size()));
}

bool is_queue_id(std::string_view text) {
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return text.size() == 32 && std::all_of(text.begin(), text.end(), is_digit);
}

}  // namespace mailtree::queue
