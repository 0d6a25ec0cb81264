// SPDX-License-Identifier: Apache-2.0
// The trace lines a server puts before a message (RFC 5321 4.4) with the words of RFC 3848, and RFC 5322 dates.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"

namespace mailtree::smtp {

// What happened on the way in, as far as others may know it.
struct Arrival {
  std::string hello;           // as the client said it; "" if it said nothing
  std::string client_address;  // textual IPv4 or IPv6 address
  std::string client_name;     // verified name, or ""
  std::string host_name;       // ours
  std::string tls;             // "TLSv1.3 TLS_AES_256_GCM_SHA384", or ""
  std::string_view protocol;   // with_word()
  std::string id;              // of the transaction
  std::string for_address;     // the recipient if there is only one (others are not told of each other), else ""
  Clock::Wall time;
};

// RFC 3848 section 1, RFC 6531 4.3: SMTP, ESMTP, ESMTPS, ESMTPA, ESMTPSA, LMTP…, UTF8SMTP…
struct Session3848 {
  bool extended = true;  // EHLO or LHLO, not HELO
  bool lmtp = false, tls = false, authenticated = false, utf8 = false;
};
std::string_view with_word(const Session3848& session);

std::string received_field(const Arrival& arrival);            // folded, ends with CRLF
std::string return_path_field(std::string_view reverse_path);  // without brackets; "" = null
std::string format_date(Clock::Wall time);                     // "Sun, 22 Nov 2026 12:25:43 +0000"

}  // namespace mailtree::smtp
