// SPDX-License-Identifier: Apache-2.0
// SCRAM (RFC 5802, RFC 7677) as far as it is not Cyrus SASL's: who signs in, and the stored verifier (RFC 5803) that
// Cyrus compares the client's proof with. A verifier is not the password: it cannot be used to sign in. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ldapauth/daemon/entry.h"

namespace mailtree::ldapauth {

// "SCRAM-SHA-256" or "SCRAM-SHA-1", with or without "-PLUS", upper case.
bool is_scram(std::string_view mechanism);
std::string_view without_plus(std::string_view mechanism);

// The user name in a client's first message (RFC 5802 section 7), decoded. nullopt: malformed.
std::optional<std::string> scram_user_name(std::string_view client_first_message);

struct ScramVerifier {
  std::string mechanism;  // without "-PLUS"
  std::uint32_t iterations = 0;
  std::string salt, stored_key, server_key;  // octets

  // RFC 5803 without blanks.
  [[nodiscard]] std::string print() const;
};

// RFC 5803 section 3: "SCRAM-SHA-256$4096:salt$StoredKey:ServerKey". nullopt: another scheme or form, keys of the wrong
// length, fewer than 4096 iterations (RFC 7677 section 4) or so many that no client would do them.
std::optional<ScramVerifier> parse_verifier(std::string_view text);

// The directory's own policy has locked the entry for good (pwdAccountLockedTime). A bind is refused then; whatever is
// decided without a bind has to look. Locks for a time are the answer to wrong binds alone.
bool is_locked(const Entry& secrets);

// The verifier of an entry for a mechanism (without "-PLUS"). Values of no use are passed over; with nothing left
// `problem` says why, for the log.
struct VerifierChoice {
  std::optional<ScramVerifier> verifier;
  std::string problem;
  std::size_t malformed = 0;  // values that claim the mechanism and are no verifiers
};

// Reads authPassword, mailtreeVerifierTime, pwdChangedTime and pwdAccountLockedTime. Where the directory says when the
// password was changed, only a verifier of that time or later counts: otherwise the old password would go on working.
VerifierChoice choose_verifier(const Entry& secrets, std::string_view mechanism);

}  // namespace mailtree::ldapauth
