// SPDX-License-Identifier: Apache-2.0
// The parameters behind the path of MAIL and RCPT: SIZE (RFC 1870), BODY (RFC 6152, RFC 3030), SMTPUTF8 (RFC 6531),
// AUTH (RFC 4954 section 5), RET, ENVID, NOTIFY, ORCPT (RFC 3461). Syntax and bounds only; policy is elsewhere.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "smtp/reply.h"

namespace mailtree::smtp {

enum class Body : unsigned char { seven_bit, eight_bit, binary };
enum class Return : unsigned char { not_given, full, headers };

struct MailParameters {
  std::uint64_t size = 0;  // announced octets; 0 = not given
  Body body = Body::seven_bit;
  bool smtputf8 = false;
  Return ret = Return::not_given;
  std::string envelope_id;    // decoded, printable ASCII
  std::string auth_identity;  // decoded; "<>" if the peer does not know. Never believed, only checked.
};

// Bits of NOTIFY; the values are those of queue::notify.
namespace notify {
constexpr std::uint8_t never = 1;
constexpr std::uint8_t success = 2;
constexpr std::uint8_t failure = 4;
constexpr std::uint8_t delay = 8;
}  // namespace notify

struct RcptParameters {
  std::uint8_t notify = 0;  // 0 = not given
  std::string original;     // "rfc822;user@example.org", decoded
};

// What this listener and client may use; a parameter that was not offered is refused with 555 5.5.4.
struct Offered {
  bool size = true;
  bool eight_bit = true;
  bool binary = true;  // BODY=BINARYMIME
  bool smtputf8 = false;
  bool auth = false;
  bool dsn = true;
};

// `text` is what follows the path: empty or starting with a blank.
Parsed<MailParameters> parse_mail_parameters(std::string_view text, const Offered& offered);
Parsed<RcptParameters> parse_rcpt_parameters(std::string_view text, const Offered& offered);

// RFC 3461 section 4. Decoding refuses controls and 8-bit octets, written plainly or as +XX: what comes out may stand
// in a header or a log line.
std::optional<std::string> decode_xtext(std::string_view text);
std::string encode_xtext(std::string_view text);

}  // namespace mailtree::smtp
