// SPDX-License-Identifier: Apache-2.0
// Text forms of octets: base64 (RFC 4648 section 4), lower-case hex, and the percent form used in path components.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mailtree {

std::string base64_encode(std::string_view octets);
// Strict: length a multiple of four, padding at the end only, no blanks. Anything else is nullopt.
std::optional<std::string> base64_decode(std::string_view text);

std::string hex_encode(std::string_view octets);
std::optional<std::string> hex_decode(std::string_view text);

// A path component that can never be "", ".", "..", hold '/', a control or an 8-bit octet: such octets become %xx,
// as do '%' and a leading '.'. Reversible; equal only for equal input.
std::string path_component(std::string_view text);
// What path_component() was given; nullopt for what it never returns.
std::optional<std::string> path_component_text(std::string_view component);

}  // namespace mailtree
