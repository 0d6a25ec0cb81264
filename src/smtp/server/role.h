// SPDX-License-Identifier: Apache-2.0
// What a listener is for. All four speak the same protocol; the role decides what is offered and to whom mail may go.
#pragma once

#include <string_view>

namespace mailtree::smtp {

enum class Role : unsigned char {
  mx,           // port 25: from anybody, to our own
  submission,   // port 587 (RFC 6409): from signed-in users, to anybody; TLS by STARTTLS
  submissions,  // port 465 (RFC 8314): the same, TLS from the start
  lmtp,         // RFC 2033: from trusted hosts, one reply a recipient
};

constexpr bool is_submission(Role role) {
  return role == Role::submission || role == Role::submissions;
}
constexpr std::string_view name_of(Role role) {
  return role == Role::mx            ? "smtp"
         : role == Role::submission  ? "submission"
         : role == Role::submissions ? "submissions"
                                     : "lmtp";
}

}  // namespace mailtree::smtp
