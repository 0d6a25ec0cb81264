// SPDX-License-Identifier: Apache-2.0
// What queued says to relayd (socket `relayd`). Type numbers 400-449 are final, fields are only ever appended.
#pragma once

#include <cstdint>
#ifndef MSGPACK_NO_BOOST
#define MSGPACK_NO_BOOST
#endif
#include <msgpack/adaptor/bool.hpp>
#include <msgpack/adaptor/define.hpp>
#include <msgpack/adaptor/int.hpp>
#include <msgpack/adaptor/string.hpp>
#include <msgpack/adaptor/vector.hpp>
#include <string>
#include <vector>

namespace mailtree::relay {

namespace outcome {
constexpr std::uint8_t temporary = 0;  // also the default: what is not known is temporary
constexpr std::uint8_t delivered = 1;
constexpr std::uint8_t permanent = 2;
}  // namespace outcome

struct RecipientResult {
  std::uint8_t outcome = 0;  // outcome::
  std::string reply;         // the remote reply, printable, or our own words; begins with the code if it is a reply
  std::string status;        // RFC 3463 "5.1.10"; empty if the peer gave none
  std::string remote_host;   // "name [address]"; empty if no host was reached
  bool dsn_passed_on = false;  // the next hop took over RFC 3461 duties for this recipient
  MSGPACK_DEFINE(outcome, reply, status, remote_host, dsn_passed_on)
};

struct Attempted {
  static constexpr std::uint16_t type = 401;
  std::vector<RecipientResult> results;  // one per recipient, same order
  bool unreachable = false;  // no host of the destination could be spoken to: applies to other messages for it as well
  bool tls = false;
  MSGPACK_DEFINE(results, unreachable, tls)
};

struct AttemptRecipient {
  std::string address;
  std::string original;     // ORCPT as "type;address", passed on where DSN is offered; else empty
  std::uint8_t notify = 0;  // queue::notify bits
  MSGPACK_DEFINE(address, original, notify)
};

// One try at one destination. Exactly one descriptor travels with it: the message, read-only; relayd reads with pread
// and skips the first `skip` octets (the Return-Path line is ours and does not leave, RFC 5321 section 4.4).
struct Attempt {
  static constexpr std::uint16_t type = 400;
  using Reply = Attempted;
  std::string queue_id;
  std::string route;   // fixed next hop "host:port", "[address]:port", "lmtp:host:port"; empty = find it from `domain`
  std::string domain;  // lower-case A-label domain of all recipients, or an address literal "[192.0.2.1]"
  std::string sender;  // empty = null sender
  std::vector<AttemptRecipient> recipients;
  std::uint64_t size = 0;  // octets in the file
  std::uint64_t skip = 0;
  std::string envelope_id;
  std::uint8_t ret = 0;  // queue::ret
  bool smtputf8 = false;
  bool eight_bit = true;
  MSGPACK_DEFINE(queue_id, route, domain, sender, recipients, size, skip, envelope_id, ret, smtputf8, eight_bit)
};

}  // namespace mailtree::relay
