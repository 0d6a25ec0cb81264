// SPDX-License-Identifier: Apache-2.0
#include "front/sasl_dialogue.h"

#include "base/encoding.h"

namespace mailtree::front {
namespace {

constexpr std::size_t max_response_bytes = 12288;

}  // namespace

Task<std::optional<ldapauth::SaslReply>> converse(Connection& connection, ldapauth::SaslReply reply) {
  ldapauth::SaslReply current = std::move(reply);
  std::optional<ldapauth::SaslReply> result;
  while (current.state == ldapauth::SaslState::proceed) {
    const std::string challenge = "+ " + base64_encode(current.challenge) + "\r\n";
    const auto asked = co_await connection.write(challenge);
    const auto line = co_await connection.read_line(max_response_bytes);
    std::optional<std::string> response;
    if (asked && line) response = base64_decode(line->text);
    if (!response) {
      co_await connection.sasl_cancel(current.exchange);
      co_return result;
    }
    current = co_await connection.sasl_step(current.exchange, std::move(*response));
  }
  result = std::move(current);
  co_return std::move(result);
}

}  // namespace mailtree::front
