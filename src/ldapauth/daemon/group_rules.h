// SPDX-License-Identifier: Apache-2.0
// Who may post to a group: the checks that can be made at RCPT, in the published order. Pure. PASSWORD_REQUIRED needs
// the header and is refused here, since an unchecked password would open the list.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ldapauth/daemon/entry.h"
#include "ldapauth/plan.h"

namespace mailtree::ldapauth {

// The message as far as it is known at RCPT.
struct Post {
  std::string sender;            // envelope sender; empty = null
  std::string authenticated_as;  // address of the signed-in sender, or empty
  std::int64_t message_bytes = 0;
};

// Addresses behind mgrpAllowedBroadcaster and mgrpDisallowedBroadcaster, lower case.
struct Broadcasters {
  std::vector<std::string> allowed, disallowed;
};

// code 0: may post. Otherwise 550 5.7.1 or 552 5.3.4 with the group's own text, if it has one.
Refusal check_post(const Entry& group, const Post& post, const Broadcasters& broadcasters);

// With mgrpMsgRejectAction "toModerator": where refused posts go instead. Empty: they are refused.
std::vector<std::string> moderators(const Entry& group);

// "siroe.com" exactly, "*.siroe.com" below it, "siroe.*": '*' stands for any octets. Without case.
bool matches_glob(std::string_view pattern, std::string_view text);

// The address of "mailto:a@b" or of a plain address; empty for LDAP URLs and DNs.
std::string address_of(std::string_view value);

}  // namespace mailtree::ldapauth
