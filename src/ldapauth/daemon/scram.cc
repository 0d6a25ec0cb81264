// SPDX-License-Identifier: Apache-2.0
#include "ldapauth/daemon/scram.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/encoding.h"
#include "ldapauth/daemon/generalized_time.h"

namespace mailtree::ldapauth {
namespace {

constexpr std::string_view plus = "-PLUS";
constexpr std::uint32_t min_iterations = 4096;       // RFC 7677 section 4
constexpr std::uint32_t max_iterations = 1'000'000;  // seconds of a telephone's time
constexpr std::size_t max_salt_bytes = 64;

std::size_t key_bytes(std::string_view mechanism) {
  if (mechanism == "SCRAM-SHA-256") return 32;
  return mechanism == "SCRAM-SHA-1" ? 20 : 0;
}

// What stands before `separator`, without blanks around it; nullopt if that does not follow.
std::optional<std::string_view> take_until(std::string_view& text, char separator) {
  const std::size_t at = text.find(separator);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view part = ascii::trim(text.substr(0, at));
  text.remove_prefix(at + 1);
  return part;
}

// saslname: "=2C" is a comma, "=3D" an equals sign, and no other "=" may stand.
std::optional<std::string> decode_name(std::string_view text) {
  std::string name;
  while (!text.empty()) {
    const std::size_t at = text.find('=');
    name += text.substr(0, at);
    if (at == std::string_view::npos) break;
    const std::string_view code = text.substr(at, 3);
    if (code != "=2C" && code != "=3D") return std::nullopt;
    name += code == "=2C" ? ',' : '=';
    text.remove_prefix(at + 3);
  }
  if (name.empty() || name.find('\0') != std::string::npos) return std::nullopt;
  return name;
}

}  // namespace

std::string_view without_plus(std::string_view mechanism) {
  if (mechanism.ends_with(plus)) mechanism.remove_suffix(plus.size());
  return mechanism;
}

bool is_scram(std::string_view mechanism) { return key_bytes(without_plus(mechanism)) != 0; }

std::optional<std::string> scram_user_name(std::string_view message) {
  // gs2-header: the channel binding flag, then the identity to act as, each ended by a comma.
  const bool flag = message.starts_with("n,") || message.starts_with("y,") || message.starts_with("p=");
  if (!flag || !take_until(message, ',') || !take_until(message, ',')) return std::nullopt;
  const std::size_t end = message.find(',');
  if (!message.starts_with("n=") || end == std::string_view::npos) return std::nullopt;
  return decode_name(message.substr(2, end - 2));
}

std::string ScramVerifier::print() const {
  return mechanism + '$' + std::to_string(iterations) + ':' + base64_encode(salt) + '$' + base64_encode(stored_key) +
         ':' + base64_encode(server_key);
}

std::optional<ScramVerifier> parse_verifier(std::string_view text) {
  const auto scheme = take_until(text, '$');
  const auto count = take_until(text, ':');
  const auto salt = take_until(text, '$');
  const auto stored = take_until(text, ':');
  if (!scheme || !count || !salt || !stored) return std::nullopt;
  ScramVerifier verifier;
  verifier.mechanism = *scheme;
  const std::size_t length = key_bytes(verifier.mechanism);
  const auto iterations = ascii::number<std::uint32_t>(*count, max_iterations);
  auto salt_octets = base64_decode(*salt);
  auto stored_key = base64_decode(*stored);
  auto server_key = base64_decode(ascii::trim(text));
  if (length == 0 || !iterations || !salt_octets || !stored_key || !server_key) return std::nullopt;
  if (*iterations < min_iterations || salt_octets->empty() || salt_octets->size() > max_salt_bytes) return std::nullopt;
  if (stored_key->size() != length || server_key->size() != length) return std::nullopt;
  verifier.iterations = *iterations;
  verifier.salt = std::move(*salt_octets);
  verifier.stored_key = std::move(*stored_key);
  verifier.server_key = std::move(*server_key);
  return verifier;
}

bool is_locked(const Entry& secrets) { return secrets.first("pwdaccountlockedtime") == "000001010000Z"; }

VerifierChoice choose_verifier(const Entry& secrets, std::string_view mechanism) {
  VerifierChoice choice;
  for (const std::string& value : secrets.values("authpassword")) {
    auto verifier = parse_verifier(value);
    const std::string_view scheme = ascii::trim(std::string_view(value).substr(0, value.find('$')));
    if (!verifier && scheme == mechanism) ++choice.malformed;
    if (verifier && verifier->mechanism == mechanism && !choice.verifier) choice.verifier = std::move(verifier);
  }
  if (!choice.verifier) {
    choice.problem = choice.malformed > 0 ? "malformed verifier" : "no verifier";
    return choice;
  }
  if (is_locked(secrets)) {
    choice.verifier.reset();
    choice.problem = "locked by the directory";
    return choice;
  }
  const std::string_view changed = secrets.first("pwdchangedtime");
  if (changed.empty()) return choice;
  const auto changed_at = parse_generalized_time(changed);
  const auto made_at = parse_generalized_time(secrets.first("mailtreeverifiertime"));
  if (changed_at && made_at && *made_at >= *changed_at) return choice;
  choice.verifier.reset();
  choice.problem = made_at ? "verifier older than the password" : "verifier without a time, password changed since";
  return choice;
}

}  // namespace mailtree::ldapauth
