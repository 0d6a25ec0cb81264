// SPDX-License-Identifier: Apache-2.0
// ScramDecoy: verifiers for names that have none, so that a client cannot tell them from users that have one. The same
// name gets the same salt until the next start; no proof ever fits.
#pragma once

#include <string>
#include <string_view>

#include "ldapauth/daemon/scram.h"

namespace mailtree::ldapauth {

class ScramDecoy {
 public:
  ScramDecoy();

  // `name` in its canonical form: every spelling of a user that exists gets the same salt, so must one that does not.
  [[nodiscard]] ScramVerifier make(std::string_view mechanism, std::string_view name) const;
  // Decoys take the iteration count and the length of the salt from the last real verifier: a site makes its verifiers
  // with one tool.
  void imitate(const ScramVerifier& real);

 private:
  const std::string secret_;
  std::uint32_t iterations_ = 4096;
  std::size_t salt_bytes_ = 16;
};

}  // namespace mailtree::ldapauth
