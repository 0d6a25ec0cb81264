// SPDX-License-Identifier: Apache-2.0
// Times as directories write them (RFC 4517 section 3.3.13): "20261128093000Z", "202611280930+0100". Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace mailtree::ldapauth {

// Seconds since 1970, fractions cut off; a leap second counts as the second before it. nullopt: not of this form, or
// no such day or hour.
std::optional<std::int64_t> parse_generalized_time(std::string_view text);

}  // namespace mailtree::ldapauth
