// SPDX-License-Identifier: Apache-2.0
// What other processes say to queued (socket `queued`). Type numbers 300-399 are final, fields are only ever appended:
// a missing field keeps its default. A refusal travels as the Error of the call, with nothing taken over.
#pragma once

#include <array>
#include <cstdint>
#ifndef MSGPACK_NO_BOOST
#define MSGPACK_NO_BOOST
#endif
#include <msgpack/adaptor/bool.hpp>
#include <msgpack/adaptor/cpp11/array_unsigned_char.hpp>
#include <msgpack/adaptor/define.hpp>
#include <msgpack/adaptor/int.hpp>
#include <msgpack/adaptor/string.hpp>
#include <msgpack/adaptor/vector.hpp>
#include <string>
#include <vector>

namespace mailtree::queue {

using TransactionId = std::array<unsigned char, 16>;  // chosen at random by the submitter, the same for each retry

// RFC 3461 section 4.1. No bit set = NOTIFY was not given (failure, and delay at our discretion).
namespace notify {
constexpr std::uint8_t never = 1;
constexpr std::uint8_t success = 2;
constexpr std::uint8_t failure = 4;
constexpr std::uint8_t delay = 8;
}  // namespace notify

// RFC 3461 section 4.3: what of the message a failure notice returns.
namespace ret {
constexpr std::uint8_t not_given = 0;
constexpr std::uint8_t full = 1;
constexpr std::uint8_t headers = 2;
}  // namespace ret

// Where the message came from: for the log, for `mailtree queue`, and for the decision whether a bounce may be sent.
struct Origin {
  std::string client_address;    // textual IP address, empty for messages made by mailtree itself
  std::string client_name;       // verified name or empty
  std::string hello;             // as the client said it
  std::string protocol;          // RFC 3848 "with" word: ESMTP, ESMTPSA, LMTP, …
  std::string authenticated_as;  // login identity, empty if none
  std::uint64_t received_at_us = 0;  // wall clock, microseconds since 1970
  MSGPACK_DEFINE(client_address, client_name, hello, protocol, authenticated_as, received_at_us)
};

struct Recipient {
  std::string address;        // mailbox without angle brackets, as accepted at RCPT
  std::string original;       // ORCPT as "type;xtext-decoded address", else empty
  std::uint8_t notify = 0;    // notify:: bits
  MSGPACK_DEFINE(address, original, notify)
};

struct MessageFile {
  static constexpr std::uint16_t type = 301;
  std::uint64_t limit = 0;  // bytes that may be written
  MSGPACK_DEFINE(limit)
};

// Asks for a place to write a message to. Answered with MessageFile and one descriptor: an unnamed file (O_TMPFILE)
// opened for reading and writing in the file system of the queue, so that accepting it later is a link, not a copy.
struct NewMessageFile {
  static constexpr std::uint16_t type = 300;
  using Reply = MessageFile;
  std::uint64_t size = 0;  // SIZE= of MAIL, 0 = not known: refused now if it cannot fit
  MSGPACK_DEFINE(size)
};

struct Submitted {
  static constexpr std::uint16_t type = 303;
  std::string queue_id;        // 32 lower-case hex digits: the transaction id
  bool known_before = false;   // this transaction had been accepted earlier
  MSGPACK_DEFINE(queue_id, known_before)
};

// Hands over a complete message: exactly one descriptor travels with it, readable, its octets 0…size-1 being
// Return-Path, Received, then what the client sent. Any regular file will do: one of another file system is copied.
// The answer Submitted is a promise: message and envelope would survive a power cut. The same transaction again is
// answered in the same way without a second copy, for `repeat_window` (spool.h) after the message has left.
struct Submit {
  static constexpr std::uint16_t type = 302;
  using Reply = Submitted;
  TransactionId transaction{};
  std::string sender;  // reverse path without angle brackets; empty = null sender
  std::vector<Recipient> recipients;
  std::uint64_t size = 0;      // bytes of the message file
  std::string sha256;          // of these bytes, 32 octets; empty = not known (queued computes it). Wrong = refused.
  std::string envelope_id;     // RFC 3461 ENVID, xtext decoded
  std::uint8_t ret = 0;        // ret::
  bool smtputf8 = false;       // RFC 6531: next hop must offer SMTPUTF8
  bool eight_bit = true;       // holds octets above 127: BODY=8BITMIME where offered
  bool again = false;          // a repetition after a lost reply
  Origin origin;
  bool internal_origin = false;  // from an authenticated client or a trusted network: bounces may be sent to `sender`
  MSGPACK_DEFINE(transaction, sender, recipients, size, sha256, envelope_id, ret, smtputf8, eight_bit, again, origin,
                 internal_origin)
};

struct QueuedRecipient {
  std::string address;
  std::string state;                // waiting, running, delivered, failed, held
  std::uint32_t attempts = 0;
  std::uint64_t next_attempt_us = 0;  // wall clock
  std::string last_reply;
  MSGPACK_DEFINE(address, state, attempts, next_attempt_us, last_reply)
};

struct QueuedMessage {
  std::string queue_id, sender;
  std::uint64_t size = 0, queued_at_us = 0;
  bool held = false;
  std::vector<QueuedRecipient> recipients;  // the open ones
  MSGPACK_DEFINE(queue_id, sender, size, queued_at_us, held, recipients)
};

struct QueuePage {
  static constexpr std::uint16_t type = 311;
  std::vector<QueuedMessage> messages;
  std::uint64_t total = 0;  // messages in the queue
  bool more = false;
  MSGPACK_DEFINE(messages, total, more)
};

// For `mailtree queue list`: pages in the order of queue ids.
struct QueueList {
  static constexpr std::uint16_t type = 310;
  using Reply = QueuePage;
  std::string after;           // queue id of the last entry seen, empty = from the start
  std::uint32_t limit = 100;   // entries wanted, at most 1,000
  std::string domain;          // only messages with an open recipient there; empty = all
  MSGPACK_DEFINE(after, limit, domain)
};

struct QueueDone {
  static constexpr std::uint16_t type = 315;
  std::uint64_t affected = 0;  // messages
  MSGPACK_DEFINE(affected)
};

// Try now: one message, the messages of one domain, or (both empty) everything. Forgets dead destinations it touches.
struct QueueFlush {
  static constexpr std::uint16_t type = 312;
  using Reply = QueueDone;
  std::string queue_id, domain;
  MSGPACK_DEFINE(queue_id, domain)
};

// Takes a message out of, or back into, the schedule.
struct QueueHold {
  static constexpr std::uint16_t type = 313;
  using Reply = QueueDone;
  std::string queue_id;
  bool held = true;
  MSGPACK_DEFINE(queue_id, held)
};

// Gives up the open recipients of a message: with a notice to the sender, or silently.
struct QueueRemove {
  static constexpr std::uint16_t type = 314;
  using Reply = QueueDone;
  std::string queue_id;
  bool notify_sender = false;
  MSGPACK_DEFINE(queue_id, notify_sender)
};

}  // namespace mailtree::queue
