// SPDX-License-Identifier: Apache-2.0
// Distinguished names and LDAP URLs as far as mail needs them. They come from the directory, never from a stranger.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ldapauth/daemon/entry.h"

namespace mailtree::ldapauth {

// Is `dn` the entry `base` or beneath it? Case and the blanks around separators do not matter.
bool is_at_or_below(std::string_view dn, std::string_view base);

// memberURL, mgrpDeliverTo: the search an LDAP URL (RFC 4516) describes. Its host is not followed: everything is asked
// of our own directory. nullopt: no LDAP URL, or a filter over the published bound of 1024 octets.
std::optional<SearchRequest> parse_member_url(const std::string& url);

}  // namespace mailtree::ldapauth
