// SPDX-License-Identifier: Apache-2.0
#include "smtp/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/ascii.h"
#include "smtp/limits.h"

namespace mailtree::smtp {
namespace {

bool is_atom_char(char c) {  // RFC 5322 3.2.3 atext, with UTF-8 of RFC 6531
  return ascii::is_alpha(c) || ascii::is_digit(c) || ascii::is_8bit(c) ||
         std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

// RFC 5321 4.1.2 Dot-string. Takes what it can from the front; empty if there is none.
std::string_view take_dot_string(std::string_view& text) {
  std::size_t end = 0;
  bool after_atom = false;
  while (end < text.size()) {
    if (is_atom_char(text[end])) {
      after_atom = true;
    } else if (text[end] == '.' && after_atom) {
      after_atom = false;
    } else {
      break;
    }
    ++end;
  }
  if (!after_atom) return {};  // empty, or a dot at the end
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(end);
  return taken;
}

// RFC 5321 4.1.2 Quoted-string; the quotes and backslashes are gone from the result.
std::optional<std::string> take_quoted_string(std::string_view& text) {
  std::string content;
  for (std::size_t i = 1; i < text.size(); ++i) {
    char c = text[i];
    if (c == '"') {
      text.remove_prefix(i + 1);
      return content;
    }
    if (c == '\\') {
      if (++i == text.size()) return std::nullopt;
      c = text[i];
      if (ascii::is_8bit(c)) return std::nullopt;
    }
    if (ascii::is_control(c)) return std::nullopt;
    content += c;
  }
  return std::nullopt;
}

std::optional<std::string> canonical_literal(std::string_view inside) {
  std::array<unsigned char, 16> binary{};
  std::array<char, INET6_ADDRSTRLEN> printed{};
  const bool six = ascii::starts_with(inside, "IPv6:");
  const std::string address(six ? inside.substr(5) : inside);
  if (address.size() >= printed.size() || address.find('\0') != std::string::npos) return std::nullopt;
  const int family = six ? AF_INET6 : AF_INET;
  if (::inet_pton(family, address.c_str(), binary.data()) != 1) return std::nullopt;
  ::inet_ntop(family, binary.data(), printed.data(), printed.size());
  return std::string(six ? "[IPv6:" : "[") + printed.data() + "]";
}

// RFC 5321 4.1.2 sub-domain: letters, digits and hyphens, no hyphen at an end. No underscore: "MUST NOT appear".
bool is_label(std::string_view label) {
  if (label.empty() || label.size() > limits::domain_label || label.front() == '-' || label.back() == '-') return false;
  return std::all_of(label.begin(), label.end(),
                     [](char c) { return ascii::is_alpha(c) || ascii::is_digit(c) || ascii::is_8bit(c) || c == '-'; });
}

// Domain or literal from the front; what may follow is checked by the caller.
std::string_view take_domain(std::string_view& text) {
  std::size_t end = 0;
  if (!text.empty() && text.front() == '[') {
    end = text.find(']');
    end = end == std::string_view::npos ? 0 : end + 1;
  } else {
    while (end < text.size() && text[end] != '>' && text[end] != ' ' && text[end] != ',' && text[end] != ':') ++end;
  }
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(end);
  return taken;
}

bool is_domain_shape(std::string_view text) {
  if (text.empty() || text.size() > limits::domain) return false;
  while (true) {
    const std::size_t dot = text.find('.');
    if (!is_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

std::optional<std::string> domain_of(std::string_view text) {
  if (text.size() > 2 && text.front() == '[' && text.back() == ']')
    return canonical_literal(text.substr(1, text.size() - 2));
  if (!is_domain_shape(text)) return std::nullopt;
  return ascii::to_lower(text);
}

// A-d-l ":" of Appendix C, to be ignored. False if it is broken.
bool skip_source_route(std::string_view& text) {
  while (!text.empty() && text.front() == '@') {
    text.remove_prefix(1);
    if (!domain_of(take_domain(text))) return false;
    if (text.empty()) return false;
    const char separator = text.front();
    text.remove_prefix(1);
    if (separator == ':') return true;
    if (separator != ',') return false;
  }
  return false;
}

std::optional<std::string> take_local_part(std::string_view& text) {
  if (text.empty()) return std::nullopt;
  if (text.front() == '"') return take_quoted_string(text);
  const std::string_view plain = take_dot_string(text);
  if (plain.empty()) return std::nullopt;
  return std::string(plain);
}

std::optional<Address> take_mailbox(std::string_view& text) {
  std::optional<std::string> local = take_local_part(text);
  if (!local || local->size() > limits::local_part || text.empty() || text.front() != '@') return std::nullopt;
  text.remove_prefix(1);
  std::optional<std::string> domain = domain_of(take_domain(text));
  if (!domain) return std::nullopt;
  return Address{std::move(*local), std::move(*domain)};
}

// What is between "<" and ">" of a path that is not null.
std::optional<Address> take_inside(std::string_view& text, PathKind kind) {
  constexpr std::string_view postmaster = "postmaster>";
  if (kind == PathKind::forward && ascii::starts_with(text, postmaster)) {
    text.remove_prefix(postmaster.size() - 1);
    return Address{"postmaster", {}};
  }
  if (!text.empty() && text.front() == '@' && !skip_source_route(text)) return std::nullopt;
  return take_mailbox(text);
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || i + length > text.size()) return false;
    std::uint32_t value = lead & (0xffU >> (length + 1));
    for (std::size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xc0) != 0x80) return false;
      value = value << 6 | (next & 0x3fU);
    }
    const std::uint32_t least = length == 2 ? 0xa0 : length == 3 ? 0x800 : 0x10000;  // 0x80…0x9f are C1 controls
    if (value < least || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return false;
    i += length;
  }
  return true;
}

std::string Address::print() const {
  std::string out;
  std::string_view rest = local;
  const std::string_view plain = take_dot_string(rest);
  if (rest.empty() && !plain.empty()) {
    out = local;
  } else {
    out = "\"";
    for (const char c : local) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
  if (!domain.empty()) out += '@' + domain;
  return out;
}

bool Address::is_ascii() const {
  return std::none_of(local.begin(), local.end(), ascii::is_8bit) &&
         std::none_of(domain.begin(), domain.end(), ascii::is_8bit);
}

std::optional<std::string> canonical_domain(std::string_view text) {
  if (!is_utf8(text)) return std::nullopt;
  return domain_of(text);
}

std::optional<Address> parse_address(std::string_view text) {
  if (!is_utf8(text)) return std::nullopt;
  std::optional<Address> address = take_mailbox(text);
  if (!text.empty()) return std::nullopt;
  return address;
}

Parsed<Path> take_path(std::string_view& text, PathKind kind) {
  const bool reverse = kind == PathKind::reverse;
  const Reply refusal{501, reverse ? "5.1.7" : "5.1.3", reverse ? "Bad sender address" : "Bad recipient address"};
  if (text.empty() || text.front() != '<') return refusal;
  std::string_view rest = text.substr(1);
  Path path;
  if (!reverse || rest.empty() || rest.front() != '>') {
    path.address = take_inside(rest, kind);
    if (!path.address) return refusal;
  }
  if (rest.empty() || rest.front() != '>') return refusal;
  rest.remove_prefix(1);
  if (!rest.empty() && rest.front() != ' ') return refusal;
  if (path.address) {
    path.has_8bit = !path.address->is_ascii();
    path.valid_utf8 = is_utf8(path.address->local) && is_utf8(path.address->domain);
  }
  text = rest;
  return path;
}

}  // namespace mailtree::smtp
