// SPDX-License-Identifier: Apache-2.0
// An explanation of the directory's decision, for a person and for a program. Pure.
#pragma once

#include <string>

#include "ldapauth/explanation.h"

namespace mailtree::programs {

// Several lines with '\n'. Control octets of directory values are shown as '?'.
std::string explanation_text(const ldapauth::Explain& request, const ldapauth::Explanation& explanation);
// One JSON object in one line, without '\n'. Octets that are no UTF-8 are replaced.
std::string explanation_json(const ldapauth::Explain& request, const ldapauth::Explanation& explanation);
// Whether mail is taken now, or a sign-in with the right password succeeds at one service at least.
bool is_good(const ldapauth::Explain& request, const ldapauth::Explanation& explanation);
// What an SMTP client hears at RCPT, before the store is asked whether there is room.
std::string reply_at_rcpt(const ldapauth::Explanation& explanation);

}  // namespace mailtree::programs
