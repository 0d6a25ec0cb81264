// SPDX-License-Identifier: Apache-2.0
// Who may sign in here, and as whom a signed-in user may send (RFC 4954 section 4, RFC 6409 section 6.1).
#pragma once

#include "ldapauth/messages.h"
#include "smtp/address.h"

namespace mailtree::smtp {
class Session;
}

namespace mailtree::smtp::policy {

// AUTH exists here and the password would not be shown on the wire.
bool may_log_in(const Session& session);

// `address` is one of the account's own; an owned "@domain" stands for all of it.
bool owns_address(const ldapauth::Account& account, const Address& address);

// What ldapauthd wants to know of the connection.
ldapauth::PeerFacts facts_of(const Session& session);

}  // namespace mailtree::smtp::policy
