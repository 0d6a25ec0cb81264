// SPDX-License-Identifier: Apache-2.0
// ASCII without locale: what protocols compare, fold and count with.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mailtree::ascii {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
constexpr char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_alpha(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
constexpr bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
constexpr bool is_8bit(char c) { return static_cast<unsigned char>(c) >= 0x80; }

std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);
bool equal(std::string_view a, std::string_view b);                 // case-insensitive
bool starts_with(std::string_view text, std::string_view prefix);  // case-insensitive
std::string_view trim(std::string_view text);                      // SP and HTAB at both ends

// Whole of `text` as a decimal number within [0, max]; nothing else (no sign, blank, overflow).
template <typename T>
std::optional<T> number(std::string_view text, T max = static_cast<T>(-1)) {
  static_assert(static_cast<T>(-1) > 0, "unsigned only");
  T value{};
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size() || text.empty() || value > max) return std::nullopt;
  return value;
}

// Text of strangers for logs and replies: control and 8-bit octets become '?', cut at `max` octets.
std::string printable(std::string_view text, std::size_t max = 200);

}  // namespace mailtree::ascii
