// SPDX-License-Identifier: Apache-2.0
#include "ldapauth/daemon/scram_decoy.h"

#include <algorithm>

#include "net/digest.h"

namespace mailtree::ldapauth {

ScramDecoy::ScramDecoy() : secret_(net::random_octets(32)) {}

void ScramDecoy::imitate(const ScramVerifier& real) {
  iterations_ = real.iterations;
  salt_bytes_ = real.salt.size();
}

// The keys are as secret as the salt is public: each comes from another message under the same key.
ScramVerifier ScramDecoy::make(std::string_view mechanism, std::string_view name) const {
  const std::string subject = std::string(mechanism) + '\0' + std::string(name);
  const std::string salt = net::hmac_sha256(secret_, "salt" + subject) + net::hmac_sha256(secret_, "more" + subject);
  const std::size_t key_bytes = mechanism == "SCRAM-SHA-1" ? 20 : 32;
  ScramVerifier verifier;
  verifier.mechanism = mechanism;
  verifier.iterations = iterations_;
  verifier.salt = salt.substr(0, std::min(salt_bytes_, salt.size()));
  verifier.stored_key = net::hmac_sha256(secret_, "stored" + subject).substr(0, key_bytes);
  verifier.server_key = net::hmac_sha256(secret_, "server" + subject).substr(0, key_bytes);
  return verifier;
}

}  // namespace mailtree::ldapauth
