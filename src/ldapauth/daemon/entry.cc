// SPDX-License-Identifier: Apache-2.0
#include "ldapauth/daemon/entry.h"

#include <algorithm>

#include "base/ascii.h"

namespace mailtree::ldapauth {

const std::vector<std::string>& Entry::values(std::string_view name) const {
  static const std::vector<std::string> none;
  for (const Attribute& attribute : attributes)
    if (attribute.name == name) return attribute.values;
  return none;
}

std::string_view Entry::first(std::string_view name) const {
  const auto& all = values(name);
  return all.empty() ? std::string_view{} : std::string_view(all.front());
}

bool Entry::has_class(std::string_view object_class) const {
  const auto& classes = values("objectclass");
  return std::any_of(classes.begin(), classes.end(),
                     [object_class](const std::string& name) { return ascii::equal(name, object_class); });
}

}  // namespace mailtree::ldapauth
