// SPDX-License-Identifier: Apache-2.0
#include "ldapauth/daemon/status.h"

#include <array>

#include "base/ascii.h"

namespace mailtree::ldapauth {
namespace {

struct Meaning {
  std::string_view word;
  DeliveryVerdict delivery;
  LoginVerdict login;
};

// "overquota" keeps mail out but its owner in: somebody has to delete something.
constexpr std::array meanings = {
    Meaning{"active", DeliveryVerdict::accept, LoginVerdict::allowed},
    Meaning{"inactive", DeliveryVerdict::temporary, LoginVerdict::refused},
    Meaning{"disabled", DeliveryVerdict::permanent, LoginVerdict::refused},
    Meaning{"deleted", DeliveryVerdict::permanent, LoginVerdict::refused},
    Meaning{"removed", DeliveryVerdict::permanent, LoginVerdict::refused},
    Meaning{"hold", DeliveryVerdict::hold, LoginVerdict::refused},
    Meaning{"overquota", DeliveryVerdict::over_quota, LoginVerdict::allowed},
};

Status meaning_of(std::string_view attribute, std::string_view value) {
  Status status;
  const std::string_view word = ascii::trim(value);
  if (word.empty() || ascii::equal(word, "active")) return status;
  status.word = std::string(attribute) + '=' + ascii::printable(word, 40);
  status.delivery = DeliveryVerdict::temporary;  // an unknown word
  status.login = LoginVerdict::refused;
  for (const Meaning& meaning : meanings) {
    if (!ascii::equal(word, meaning.word)) continue;
    status.delivery = meaning.delivery;
    status.login = meaning.login;
  }
  return status;
}

// The first word that is not "active" decides about mail. A login must get past every word: an earlier "overquota",
// which lets its owner in, does not hide a later "inactive".
Status first_not_active(const Status& before, const Entry& entry, std::string_view first, std::string_view second) {
  Status status = before;
  for (const std::string_view attribute : {first, second}) {
    Status next = meaning_of(attribute, entry.first(ascii::to_lower(attribute)));
    const bool refused = status.login == LoginVerdict::refused || next.login == LoginVerdict::refused;
    if (status.word.empty()) status = std::move(next);
    status.login = refused ? LoginVerdict::refused : LoginVerdict::allowed;
  }
  return status;
}

}  // namespace

Status domain_status(const Entry& domain) {
  return first_not_active({}, domain, "inetDomainStatus", "mailDomainStatus");
}

Status user_status(const Status& domain, const Entry& user) {
  return first_not_active(domain, user, "inetUserStatus", "mailUserStatus");
}

Status group_status(const Status& domain, const Entry& group) {
  return first_not_active(domain, group, "inetGroupStatus", "inetMailGroupStatus");
}

}  // namespace mailtree::ldapauth
