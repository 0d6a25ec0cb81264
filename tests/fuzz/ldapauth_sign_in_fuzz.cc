// SPDX-License-Identifier: Apache-2.0
// What a stranger may send while signing in: SASL messages (lines of the input; the first octet chooses the mechanism),
// and what may stand in the directory: verifiers and times. Nothing is proved without the password, whatever comes; the
// name that a verifier is looked up for is the one Cyrus reads; a verifier that is understood is printed the same.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "ldapauth/daemon/generalized_time.h"
#include "ldapauth/daemon/sasl_exchange.h"
#include "ldapauth/daemon/scram.h"

using namespace mailtree::ldapauth;

namespace {

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

constexpr const char* mechanisms[] = {"SCRAM-SHA-256", "SCRAM-SHA-1", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "PLAIN",
                                      "LOGIN"};
// Nobody knows the password of these: the keys are no hashes of anything.
const std::string verifiers[] = {
    "SCRAM-SHA-256$4096:QSXCR+Q6sek8bf92$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "SCRAM-SHA-1$4096:QSXCR+Q6sek8bf92$AAAAAAAAAAAAAAAAAAAAAAAAAAA=:AAAAAAAAAAAAAAAAAAAAAAAAAAA="};

void check_values(std::string_view text) {
  const auto verifier = parse_verifier(text);
  if (verifier) {
    const auto again = parse_verifier(verifier->print());
    require(again && again->print() == verifier->print(), "a verifier changes when it is printed");
  }
  const auto time = parse_generalized_time(text);
  if (time) require(*time >= -62'200'000'000 && *time <= 253'500'000'000, "a time outside of all years");
}

void check_exchange(std::string_view mechanism, std::string_view text) {
  SaslExchange exchange;
  const bool scram = is_scram(mechanism);
  exchange.set_channel_binding("tls-exporter", "0123456789", mechanism.ends_with("-PLUS"));
  SaslExchange::Step step;
  step.state = SaslExchange::State::proceed;
  bool begun = false, named = false;
  while (step.state == SaslExchange::State::proceed) {
    const std::size_t end = text.find('\n');
    const std::string message(text.substr(0, end));
    const auto name = scram ? scram_user_name(message) : std::nullopt;
    if (name && !named && !message.empty()) {
      named = true;
      exchange.set_verifier(*name, verifiers[mechanism.starts_with("SCRAM-SHA-1") ? 1 : 0]);
    }
    step = begun ? exchange.step(message) : exchange.start("imap", std::string(mechanism), message);
    begun = true;
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  if (step.state == SaslExchange::State::proceed && scram)  // Cyrus sends a challenge for good messages only
    require(step.challenge.empty() || named, "a challenge for a name that we did not read");
  if (step.state != SaslExchange::State::claimed) return;
  const Credentials claimed = exchange.take_credentials();
  require(!scram, "proved without the password");
  require(claimed.proof == Credentials::Proof::by_password, "a claim is taken for a proof");
  require(!claimed.login.empty(), "nobody claims");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto loaded = initialise_sasl({"PLAIN", "LOGIN", "SCRAM-SHA-256", "SCRAM-SHA-1"});
  require(loaded.has_value(), "Cyrus SASL cannot be loaded");
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  check_values(text);
  check_exchange(mechanisms[data[0] % 6], text);
  return 0;
}
