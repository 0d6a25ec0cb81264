// SPDX-License-Identifier: Apache-2.0
// The values of IMAP ENVELOPE (RFC 9051 7.5.2), printed by src/imap. Strings are unfolded, undecoded, without CR, LF,
// NUL.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mime/address.h"

namespace mailtree::mime {

struct Envelope {
  std::optional<std::string> date;
  std::optional<std::string> subject;
  std::vector<Address> from;
  std::vector<Address> sender;    // From if absent or empty, as RFC 9051 wants
  std::vector<Address> reply_to;  // likewise
  std::vector<Address> to;        // To, Cc, Bcc: several fields are joined (RFC 5322 4.5.3)
  std::vector<Address> cc;
  std::vector<Address> bcc;
  std::optional<std::string> in_reply_to;
  std::optional<std::string> message_id;
};

// `block`: a header block; only header_view() of it is read. Of repeated fields the first counts.
Envelope read_envelope(std::string_view block);

}  // namespace mailtree::mime
