// SPDX-License-Identifier: Apache-2.0
// mailAllowedServiceAccess and mailDomainAllowedServiceAccess: which services a user may use from where.
//   rules = rule *("$" rule); rule = ("+"/"-") services ":" clients
// Services and clients are comma lists; "*" and ALL match everything.
// Names are not looked up: clients are addresses, networks, ALL, "*"; host names and netgroups match nobody. Pure.
#pragma once

#include <string>
#include <string_view>

namespace mailtree::ldapauth {

// `service`: "imap", "pop", "smtp"; with TLS it is also known as "imaps" and so on. An empty attribute allows all.
// Allowed when an allow rule matches; else refused when a deny rule matches; else allowed, unless there are only allow
// rules.
bool is_service_allowed(std::string_view rules, std::string_view service, bool tls, std::string_view peer_address);

}  // namespace mailtree::ldapauth
