// SPDX-License-Identifier: Apache-2.0
// The challenges and responses of RFC 4422 in the form IMAP and POP3 share: "+ base64" lines, "*" gives up.
#pragma once

#include <optional>

#include "front/connection.h"

namespace mailtree::front {

// Carries the exchange on from `reply` until ldapauthd has decided. nullopt: the client gave up or has gone.
Task<std::optional<ldapauth::SaslReply>> converse(Connection& connection, ldapauth::SaslReply reply);

}  // namespace mailtree::front
