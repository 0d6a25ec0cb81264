// SPDX-License-Identifier: Apache-2.0
// What a server said it can do, from its reply to EHLO or LHLO (RFC 5321 4.1.1.1).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "smtp/reply.h"

namespace mailtree::smtp::client {

struct Capabilities {
  bool pipelining = false;
  bool size = false;
  std::uint64_t max_size = 0;  // 0 = not stated
  bool eight_bit_mime = false;
  bool smtputf8 = false;
  bool chunking = false;
  bool binary_mime = false;
  bool starttls = false;
  bool dsn = false;
  std::vector<std::string> mechanisms;  // of AUTH, upper case

  [[nodiscard]] bool has_mechanism(std::string_view name) const;
};

Capabilities capabilities_of(const Reply& reply);

}  // namespace mailtree::smtp::client
