// SPDX-License-Identifier: Apache-2.0
#include "migration/entry.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "base/encoding.h"

namespace mailtree::migration {
namespace {

constexpr std::size_t max_columns = 76;

// RFC 2849 SAFE-STRING; and no blank at the end, which editors lose (note 8).
bool is_safe(std::string_view value) {
  if (value.empty()) return true;
  if (value.front() == ' ' || value.front() == ':' || value.front() == '<' || value.back() == ' ') return false;
  return std::none_of(value.begin(), value.end(),
                      [](char c) { return ascii::is_8bit(c) || c == '\0' || c == '\r' || c == '\n'; });
}

}  // namespace

std::string_view base_name(std::string_view attribute) {
  return attribute.substr(0, attribute.find(';'));
}

std::string_view Entry::first(std::string_view attribute) const {
  const auto found = std::find_if(lines.begin(), lines.end(),
                                  [&](const LdifLine& one) { return ascii::equal(one.attribute, attribute); });
  return found == lines.end() ? std::string_view() : ascii::trim(found->value);
}

bool Entry::has(std::string_view attribute) const {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const LdifLine& one) { return ascii::equal(base_name(one.attribute), attribute); });
}

bool Entry::has_value(std::string_view attribute, std::string_view value) const {
  return std::any_of(lines.begin(), lines.end(), [&](const LdifLine& one) {
    return ascii::equal(one.attribute, attribute) && ascii::equal(ascii::trim(one.value), value);
  });
}

bool Entry::has_class(std::string_view name) const {
  return has_value("objectClass", name);
}

void Entry::add(std::string attribute, std::string value) {
  lines.push_back(LdifLine{std::move(attribute), std::move(value), 0});
}

void Entry::remove(const LdifLine* gone) {
  lines.erase(lines.begin() + (gone - lines.data()));
}

std::string ldif_line(std::string_view attribute, std::string_view value) {
  std::string whole(attribute);
  if (is_safe(value))
    whole.append(value.empty() ? ":" : ": ").append(value);
  else
    whole.append(":: ").append(base64_encode(value));
  std::string out = whole.substr(0, max_columns);
  for (std::size_t at = max_columns; at < whole.size(); at += max_columns - 1)
    out.append("\n ").append(whole, at, max_columns - 1);
  return out + '\n';
}

std::string ldif_text(const Entry& entry) {
  std::string out = ldif_line("dn", entry.dn.text());
  for (const LdifLine& line : entry.lines) out += ldif_line(line.attribute, line.value);
  return out + '\n';
}

}  // namespace mailtree::migration
