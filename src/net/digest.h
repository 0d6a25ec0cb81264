// SPDX-License-Identifier: Apache-2.0
// Hashes and randomness from OpenSSL, for the rest of the code, which does not include it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mailtree::net {

std::string sha256(std::string_view octets);                             // 32 octets
std::string hmac_sha256(std::string_view key, std::string_view octets);  // 32 octets
std::string random_octets(std::size_t count);                            // for secrets and ids; aborts without entropy
bool equal_in_constant_time(std::string_view a, std::string_view b);

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void add(std::string_view octets);
  std::string finish();  // 32 octets; once

 private:
  void* context_;
};

}  // namespace mailtree::net
