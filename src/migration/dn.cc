// SPDX-License-Identifier: Apache-2.0
#include "migration/dn.h"

#include <ldap.h>

#include <algorithm>
#include <memory>

#include "base/ascii.h"
#include "base/encoding.h"

namespace mailtree::migration {
namespace {

std::string octets(const berval& value) {
  return {value.bv_val, value.bv_len};
}

// RFC 4514 section 2.4. UTF-8 stands as it is.
std::string escaped(std::string_view value) {
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    const bool at_edge = i == 0 || i + 1 == value.size();
    if (ascii::is_control(c)) {
      out += '\\' + hex_encode({&c, 1});
      continue;
    }
    if (std::string_view(",+\"\\<>;").find(c) != std::string_view::npos || (c == ' ' && at_edge) ||
        (c == '#' && i == 0))
      out += '\\';
    out += c;
  }
  return out;
}

std::string folded(std::string_view value) {
  std::string out;
  for (const char c : ascii::trim(value))
    if (c != ' ' || !out.ends_with(' ')) out += ascii::lower(c);
  return out;
}

std::string rdn_text(const Rdn& rdn) {
  std::string out;
  for (const auto& [attribute, value] : rdn) out += (out.empty() ? "" : "+") + attribute + '=' + escaped(value);
  return out;
}

std::string rdn_key(const Rdn& rdn) {
  std::vector<std::string> parts;
  for (const auto& [attribute, value] : rdn) parts.push_back(ascii::to_lower(attribute) + '=' + escaped(folded(value)));
  std::sort(parts.begin(), parts.end());
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : "+") + part;
  return out;
}

}  // namespace

std::optional<Dn> Dn::parse(const std::string& text) {
  if (text.find('\0') != std::string::npos) return std::nullopt;
  if (ascii::trim(text).empty()) return Dn();
  LDAPDN parsed = nullptr;
  for (const unsigned form : {LDAP_DN_FORMAT_LDAPV3, LDAP_DN_FORMAT_LDAPV2})
    if (parsed == nullptr) ldap_str2dn(text.c_str(), &parsed, form);
  if (parsed == nullptr) return std::nullopt;
  const std::unique_ptr<LDAPRDN, decltype(&ldap_dnfree)> owner(parsed, &ldap_dnfree);
  std::vector<Rdn> steps;
  for (LDAPRDN* rdn = parsed; *rdn != nullptr; ++rdn) {
    Rdn step;
    for (LDAPAVA** part = *rdn; *part != nullptr; ++part) {
      if (((*part)->la_flags & LDAP_AVA_BINARY) != 0) return std::nullopt;  // "#hex": nothing of ours is named so
      step.emplace_back(octets((*part)->la_attr), octets((*part)->la_value));
    }
    steps.push_back(std::move(step));
  }
  return Dn(std::move(steps));
}

std::string Dn::text() const {
  std::string out;
  for (const Rdn& step : steps_) out += (out.empty() ? "" : ",") + rdn_text(step);
  return out;
}

std::string Dn::key() const {
  std::string out;
  for (const Rdn& step : steps_) out += (out.empty() ? "" : ",") + rdn_key(step);
  return out;
}

Dn Dn::parent() const {
  if (steps_.empty()) return {};
  return Dn({steps_.begin() + 1, steps_.end()});
}

bool Dn::is_at_or_below(const Dn& base) const {
  if (base.steps_.size() > steps_.size()) return false;
  return std::equal(base.steps_.rbegin(), base.steps_.rend(), steps_.rbegin(),
                    [](const Rdn& a, const Rdn& b) { return rdn_key(a) == rdn_key(b); });
}

Dn Dn::moved(const Dn& from, const Dn& to) const {
  if (!is_at_or_below(from)) return *this;
  std::vector<Rdn> steps(steps_.begin(), steps_.end() - static_cast<std::ptrdiff_t>(from.steps_.size()));
  steps.insert(steps.end(), to.steps_.begin(), to.steps_.end());
  return Dn(std::move(steps));
}

}  // namespace mailtree::migration
