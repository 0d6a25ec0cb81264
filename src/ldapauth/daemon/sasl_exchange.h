// SPDX-License-Identifier: Apache-2.0
// SaslExchange: the server side of one SASL exchange, by Cyrus SASL. For mechanisms that carry a password (PLAIN, RFC
// 4616, and LOGIN) Cyrus does the framing and hands over what the client claims; nothing is verified here. For SCRAM
// Cyrus compares the client's proof with a verifier that the caller has looked up before the step that needs it. The
// steps touch neither network nor files and take microseconds (SCRAM: a few HMACs), so they run on the loop.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace mailtree::ldapauth {

// What a client claims. Overwritten before its memory is given back.
struct Credentials {
  // Whether the claim is still to be decided, by `password`, or was decided by a proof (SCRAM).
  enum class Proof : unsigned char { by_password, proved, refuted };

  std::string login;
  std::string password;
  std::string authorization;  // RFC 4422: acts as; empty = as itself
  std::string mechanism;      // for the log
  Proof proof = Proof::by_password;
  std::string entry_uuid;     // proved: whose verifier it was
  std::string problem;        // refuted: why, for the log

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

  // RFC 5056: the name of the binding ("tls-exporter") and its octets; before start(). `required`: -PLUS was chosen.
  void set_channel_binding(const std::string& type, const std::string& data, bool required);
  // SCRAM: the verifier (RFC 5803) of the user that the client's first message names, before that message is given to
  // start() or step().
  void set_verifier(const std::string& user, const std::string& verifier);
  Step start(const std::string& service, const std::string& mechanism, const std::optional<std::string>& initial);
  Step step(const std::string& response);
  // After State::claimed.
  [[nodiscard]] Credentials take_credentials();

  struct Parts;

 private:
  std::unique_ptr<Parts> parts_;
};

}  // namespace mailtree::ldapauth
