// SPDX-License-Identifier: Apache-2.0
// Search filters built from untrusted values. Every value goes through assertion_value(): there is no other way to put
// one into a filter, and no setting that turns it off.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mailtree::ldapauth {

// RFC 4515 section 3: NUL ( ) * \ and everything outside printable ASCII as \xx.
std::string assertion_value(std::string_view value);

// (attribute=value)
std::string equals(std::string_view attribute, std::string_view value);
// (|…) of the parts; one part stays as it is.
std::string any_of(const std::vector<std::string>& parts);

// inetDomainSearchFilter: %U becomes the user part, %V the domain part, both escaped; "%%" a percent sign. A filter
// without outer parentheses gets them, as the attribute is often written "uid=%U".
std::string expand_login_filter(std::string_view filter, std::string_view user, std::string_view domain);

}  // namespace mailtree::ldapauth
