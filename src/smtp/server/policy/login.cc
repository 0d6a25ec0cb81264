// SPDX-License-Identifier: Apache-2.0
#include "smtp/server/policy/login.h"

#include <algorithm>

#include "base/ascii.h"
#include "smtp/server/session.h"

namespace mailtree::smtp::policy {

bool may_log_in(const Session& session) {
  return is_submission(session.role()) && !session.user && session.may_send_password();
}

bool owns_address(const ldapauth::Account& account, const Address& address) {
  const std::string whole = ascii::to_lower(address.print());
  const std::string domain = '@' + address.domain;
  return std::any_of(account.addresses.begin(), account.addresses.end(),
                     [&](const std::string& owned) { return owned == whole || owned == domain; });
}

ldapauth::PeerFacts facts_of(const Session& session) {
  ldapauth::PeerFacts facts;
  facts.service = "smtp";
  facts.peer_address = session.peer().host;
  facts.local_address = session.peer().local_host;
  facts.tls = session.peer().tls;
  facts.session = session.id();
  return facts;
}

}  // namespace mailtree::smtp::policy
