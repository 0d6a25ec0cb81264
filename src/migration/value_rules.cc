// SPDX-License-Identifier: Apache-2.0
#include "migration/value_rules.h"

#include <ldap.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <utility>

#include "base/ascii.h"
#include "mime/charset.h"

namespace mailtree::migration {
namespace {

Repair changed(std::string value, std::string reason) {
  return {Repair::Outcome::changed, std::move(value), std::move(reason)};
}
Repair unusable(std::string reason) {
  return {Repair::Outcome::unusable, "", std::move(reason)};
}

bool has_8bit(std::string_view value) {
  return std::any_of(value.begin(), value.end(), ascii::is_8bit);
}

// RFC 4517 section 3.2, PrintableCharacter.
bool is_printable(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    return ascii::is_alpha(c) || ascii::is_digit(c) ||
           std::string_view("'()+,-.=/:? ").find(c) != std::string_view::npos;
  });
}

// RFC 4517 section 3.3.16: no leading zeros, no sign but '-'.
Repair fit_integer(const std::string& value) {
  const std::string_view trimmed = ascii::trim(value);
  const bool negative = trimmed.starts_with('-');
  std::string_view digits = trimmed.substr(negative || trimmed.starts_with('+') ? 1 : 0);
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), ascii::is_digit)) return unusable("no whole number");
  while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
  std::string right = (negative && digits != "0" ? "-" : "") + std::string(digits);
  if (right == value) return {};
  return changed(std::move(right), "numbers have no blanks, plus signs or leading zeros");
}

Repair fit_boolean(const std::string& value) {
  const std::string word = ascii::to_upper(ascii::trim(value));
  if (value == "TRUE" || value == "FALSE") return {};
  for (const std::string_view yes : {"TRUE", "YES", "ON", "1"})
    if (word == yes) return changed("TRUE", "a truth value is TRUE or FALSE");
  for (const std::string_view no : {"FALSE", "NO", "OFF", "0"})
    if (word == no) return changed("FALSE", "a truth value is TRUE or FALSE");
  return unusable("neither TRUE nor FALSE");
}

// RFC 4517 section 3.3.13; the seconds and the fraction may be missing.
Repair fit_time(const std::string& value) {
  const std::size_t digits = std::min(value.find_first_not_of("0123456789"), value.size());
  const bool zone = value.ends_with('Z') || value.find_first_of("+-") != std::string::npos;
  if (digits >= 10 && digits <= 14 && digits % 2 == 0 && zone) return {};
  if (digits == value.size() && digits == 14) return changed(value + "Z", "a time needs its zone; UTC is assumed");
  return unusable("no time of the form YYYYMMDDHHMMSSZ");
}

Repair fit_text(const std::string& value) {
  if (mime::is_utf8(value)) return {};
  return changed(mime::to_utf8(value, "ISO-8859-1"), "no UTF-8; read as ISO 8859-1");
}

// mgrpAllowedBroadcaster and its like hold names, LDAP URLs or mailto URLs under a text syntax.
constexpr std::array attributes_with_urls = {"memberurl",
                                             "mgrpdeliverto",
                                             "mgrpallowedbroadcaster",
                                             "mgrpdisallowedbroadcaster",
                                             "mgrpmoderator",
                                             "mgrperrorsto",
                                             "paburi",
                                             "labeleduri"};
constexpr std::array attributes_with_hosts = {"mailhost", "preferredmailhost", "mailroutinghosts",
                                              "mailroutingsmarthost"};
constexpr std::array attributes_with_partitions = {"mailmessagestore", "preferredmailmessagestore"};

template <typename List>
bool lists(const List& list, std::string_view name) {
  return std::any_of(list.begin(), list.end(), [&](std::string_view known) { return ascii::equal(known, name); });
}

std::optional<std::string> moved_name(const std::string& value, const Moves& moves) {
  const auto dn = Dn::parse(value);
  if (!dn || dn->depth() == 0 || !dn->is_at_or_below(*moves.from)) return std::nullopt;
  return dn->moved(*moves.from, *moves.to).text();
}

std::optional<std::string> moved_url(const std::string& value, const Moves& moves) {
  LDAPURLDesc* parsed = nullptr;
  if (ldap_url_parse(value.c_str(), &parsed) != LDAP_URL_SUCCESS) return std::nullopt;
  const std::unique_ptr<LDAPURLDesc, decltype(&ldap_free_urldesc)> owner(parsed, &ldap_free_urldesc);
  auto name = moved_name(parsed->lud_dn == nullptr ? "" : parsed->lud_dn, moves);
  if (!name) return std::nullopt;
  // The parser fills in a port that nobody wrote.
  if (parsed->lud_host == nullptr || *parsed->lud_host == '\0') parsed->lud_port = 0;
  char* const before = std::exchange(parsed->lud_dn, name->data());
  const std::unique_ptr<char, decltype(&ldap_memfree)> text(ldap_url_desc2str(parsed),
                                                            [](void* memory) { ldap_memfree(memory); });
  parsed->lud_dn = before;
  if (text == nullptr) return std::nullopt;
  return std::string(text.get());
}

}  // namespace

Repair fit(const AttributeKind& kind, const std::string& value) {
  switch (kind.form) {
    case Form::octets:
      return {};
    case Form::text:
      return fit_text(value);
    case Form::ia5:
      return has_8bit(value) ? unusable("octets beyond ASCII") : Repair{};
    case Form::dn:
      return Dn::parse(value) ? Repair{} : unusable("no distinguished name");
    case Form::name_and_uid:  // RFC 4517 section 3.3.21: a name, and perhaps #'bits'B
      return Dn::parse(value.substr(0, value.rfind("#'"))) ? Repair{} : unusable("no distinguished name");
    case Form::integer:
      return fit_integer(value);
    case Form::numeric: {
      const bool good = value.find_first_not_of("0123456789 ") == std::string::npos;
      return good ? Repair{} : unusable("only digits and blanks can stand here");
    }
    case Form::boolean:
      return fit_boolean(value);
    case Form::printable:
    case Form::telephone:
      return is_printable(value) ? Repair{} : unusable("characters that this syntax has not");
    case Form::time:
      return fit_time(value);
  }
  return {};
}

Repair move(const AttributeKind& kind, const std::string& value, const Moves& moves) {
  const bool has_host = lists(attributes_with_hosts, kind.name);
  if (has_host || lists(attributes_with_partitions, kind.name)) {
    const auto& names = has_host ? moves.hosts : moves.partitions;
    const auto found = names.find(ascii::to_lower(ascii::trim(value)));
    if (found != names.end()) return changed(found->second, "renamed to " + found->second);
  }
  if (!moves.from) return {};
  const bool is_name = kind.form == Form::dn || kind.form == Form::name_and_uid;
  const bool has_url = lists(attributes_with_urls, kind.name);
  std::optional<std::string> moved;
  if (is_name || has_url) moved = moved_name(value, moves);
  if (!moved && has_url) moved = moved_url(value, moves);
  return moved ? changed(std::move(*moved), "moved to " + moves.to->text()) : Repair{};
}

std::string value_key(const AttributeKind& kind, const std::string& value) {
  if (kind.form == Form::dn || kind.form == Form::name_and_uid)
    if (const auto dn = Dn::parse(value); dn) return dn->key();
  if (!kind.ignores_case) return value;
  std::string out;
  for (const char c : ascii::trim(value))
    if (kind.form == Form::telephone ? c != ' ' && c != '-' : c != ' ' || !out.ends_with(' ')) out += ascii::lower(c);
  return out;
}

}  // namespace mailtree::migration
