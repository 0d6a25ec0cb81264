// SPDX-License-Identifier: Apache-2.0
// The replies of the server that are not said in one place only. Codes: RFC 5321 4.2.3, RFC 3463, RFC 4954 section 6.
#pragma once

#include "smtp/reply.h"

namespace mailtree::smtp::replies {

inline Reply ok() {
  return {250, "2.0.0", "Ok"};
}
inline Reply bad_sequence(const char* text) {
  return {503, "5.5.1", text};
}
inline Reply unknown_command() {
  return {500, "5.5.1", "Unknown command"};
}
inline Reply syntax(const char* text) {
  return {501, "5.5.4", text};
}
inline Reply temporary() {
  return {451, "4.3.0", "Temporary failure, try again later"};
}
inline Reply no_space() {
  return {452, "4.3.1", "Not enough space, try again later"};
}
inline Reply too_big() {
  return {552, "5.3.4", "Message too big"};
}
inline Reply login_needed() {
  return {530, "5.7.0", "Authentication required"};
}
inline Reply nothing() {
  return {};
}  // the handler has sent what there was to say

}  // namespace mailtree::smtp::replies
