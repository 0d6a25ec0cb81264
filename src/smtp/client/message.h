// SPDX-License-Identifier: Apache-2.0
// What a client session sends, and what became of it. Plain values: the caller translates from its own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "smtp/parameters.h"
#include "smtp/reply.h"

namespace mailtree::smtp::client {

struct Recipient {
  std::string address;      // without brackets, printed by Address::print()
  std::string original;     // ORCPT, "type;address" decoded; empty = none
  std::uint8_t notify = 0;  // smtp::notify bits
};

struct Envelope {
  std::string sender;  // without brackets; empty = null
  std::vector<Recipient> recipients;
  std::string envelope_id;
  Return ret = Return::not_given;
  bool smtputf8 = false;   // the next hop must offer it
  bool eight_bit = false;  // the content has octets above 127
};

// Octets [offset, offset+size) of a readable file; read with pread, so that the descriptor may be shared.
struct Content {
  int file = -1;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

struct Outcome {
  enum class Kind : unsigned char { temporary, delivered, permanent };
  Kind kind = Kind::temporary;  // what is not known is temporary
  Reply reply;                  // code 0: our own words
  bool dsn_passed_on = false;   // the server took over RFC 3461 duties

  Outcome() = default;
  Outcome(Kind k, Reply r) : kind(k), reply(std::move(r)) {}
};

struct Report {
  std::vector<Outcome> recipients;  // in the order of the envelope
  bool connection_lost = false;     // before a reply to the whole message: the session is dead
};

}  // namespace mailtree::smtp::client
