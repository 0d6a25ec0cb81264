// SPDX-License-Identifier: Apache-2.0
// A directory in memory for tests: answers by filter, counts questions, can be down. Understands the filters that
// mailtree itself builds: (a=v), (&…), (|…).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "ldapauth/daemon/directory.h"
#include "ldapauth/daemon/dn.h"

namespace mailtree::test {

using namespace mailtree::ldapauth;

inline Entry make_entry(std::string dn, std::vector<std::pair<std::string, std::string>> values) {
  Entry entry;
  entry.dn = std::move(dn);
  for (auto& [name, value] : values) {
    Attribute* known = nullptr;
    for (Attribute& attribute : entry.attributes)
      if (attribute.name == ascii::to_lower(name)) known = &attribute;
    if (known == nullptr) known = &entry.attributes.emplace_back(Attribute{ascii::to_lower(name), {}});
    known->values.push_back(value);
  }
  return entry;
}

class MemoryDirectory final : public Searcher {
 public:
  Task<SearchAnswer> search(SearchRequest request, Deadline) override {
    auto found = std::make_shared<Entries>();
    ++questions;
    if (down) co_return Unavailable{"down"};
    for (const Entry& entry : entries) {
      const bool in_scope = request.scope == Scope::base ? ascii::equal(entry.dn, request.base)
                                                         : is_at_or_below(entry.dn, request.base);
      std::string_view rest = request.filter;
      if (in_scope && (request.filter == "(objectClass=*)" || matches(entry, rest))) found->push_back(entry);
    }
    co_return std::shared_ptr<const Entries>(found);
  }

  std::vector<Entry> entries;
  int questions = 0;
  bool down = false;

 private:
  static bool matches(const Entry& entry, std::string_view& rest) {
    rest.remove_prefix(1);  // '('
    const char kind = rest.front();
    bool result = kind == '&';
    if (kind == '&' || kind == '|') {
      rest.remove_prefix(1);
      while (rest.front() == '(') {
        const bool part = matches(entry, rest);
        result = kind == '&' ? result && part : result || part;
      }
    } else {
      const std::size_t end = rest.find(')');
      const std::size_t equal = rest.find('=');
      const std::string_view value = rest.substr(equal + 1, end - equal - 1);
      for (const std::string& own : entry.values(ascii::to_lower(rest.substr(0, equal))))
        result = result || ascii::equal(own, value);
      rest.remove_prefix(end);
    }
    rest.remove_prefix(1);  // ')'
    return result;
  }
};

inline Entry make_domain(const std::string& name) {
  return make_entry("o=" + name + ",o=mail", {{"objectClass", "sunManagedOrganization"},
                                              {"sunPreferredDomain", name},
                                              {"associatedDomain", name},
                                              {"associatedDomain", "alias-" + name},
                                              {"inetDomainStatus", "active"},
                                              {"entryUUID", "domain-" + name}});
}

inline Entry make_user(const std::string& uid, const std::string& domain) {
  return make_entry("uid=" + uid + ",o=" + domain + ",o=mail", {{"objectClass", "inetOrgPerson"},
                                                                {"objectClass", "inetMailUser"},
                                                                {"uid", uid},
                                                                {"mail", uid + "@" + domain},
                                                                {"entryUUID", "uuid-" + uid + "-" + domain},
                                                                {"entryCSN", "1"}});
}

}  // namespace mailtree::test
