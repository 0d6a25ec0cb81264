// SPDX-License-Identifier: Apache-2.0
// SaslExchange: the server side of one SASL exchange, by Cyrus SASL. For mechanisms that carry a password (PLAIN, RFC
// 4616, and LOGIN) Cyrus does the framing and hands over what the client claims; nothing is verified here. The steps
// touch neither network nor files and take microseconds, so they run on the loop.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace mailtree::ldapauth {

// What a client claims. Overwritten before its memory is given back.
struct Credentials {
  std::string login;
  std::string password;
  std::string authorization;  // RFC 4422: acts as; empty = as itself

  Credentials() = default;
  Credentials(Credentials&&) = default;
  Credentials& operator=(Credentials&&) = default;
  Credentials(const Credentials&) = delete;
  Credentials& operator=(const Credentials&) = delete;
  ~Credentials();
};

// Loads Cyrus SASL and its plugins, once per process, before the first exchange and before any thread.
// `mechanisms`: the only ones it may ever offer.
Result<void> initialise_sasl(const std::vector<std::string>& mechanisms);

class SaslExchange {
 public:
  enum class State : unsigned char { proceed, claimed, failed, unknown_mechanism };
  struct Step {
    State state = State::failed;
    std::string challenge;
  };

  SaslExchange();
  ~SaslExchange();
  SaslExchange(const SaslExchange&) = delete;
  SaslExchange& operator=(const SaslExchange&) = delete;

  Step start(const std::string& service, const std::string& mechanism, const std::optional<std::string>& initial);
  Step step(const std::string& response);
  // After State::claimed.
  [[nodiscard]] Credentials take_credentials();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace mailtree::ldapauth
