// SPDX-License-Identifier: Apache-2.0
// The messages of this folder as octets.
#include "ldapauth/messages.h"

#include "ldapauth/explanation.h"
#include "net/wire_codec.h"

namespace mailtree::net {
MAILTREE_MESSAGE(ldapauth::ResolveRecipient);
MAILTREE_MESSAGE(ldapauth::ResolveRecipientReply);
MAILTREE_MESSAGE(ldapauth::FindLogin);
MAILTREE_MESSAGE(ldapauth::FindAccount);
MAILTREE_MESSAGE(ldapauth::AccountReply);
MAILTREE_MESSAGE(ldapauth::FindDomain);
MAILTREE_MESSAGE(ldapauth::DomainReply);
MAILTREE_MESSAGE(ldapauth::SaslMechanisms);
MAILTREE_MESSAGE(ldapauth::SaslMechanismsReply);
MAILTREE_MESSAGE(ldapauth::SaslStart);
MAILTREE_MESSAGE(ldapauth::SaslStep);
MAILTREE_MESSAGE(ldapauth::SaslCancel);
MAILTREE_MESSAGE(ldapauth::CheckPassword);
MAILTREE_MESSAGE(ldapauth::SaslReply);
MAILTREE_MESSAGE(ldapauth::WatchChanges);
MAILTREE_MESSAGE(ldapauth::WatchChangesReply);
MAILTREE_MESSAGE(ldapauth::AccountsChanged);
MAILTREE_MESSAGE(ldapauth::DirectoryStatus);
MAILTREE_MESSAGE(ldapauth::DirectoryStatusReply);
MAILTREE_MESSAGE(ldapauth::Explain);
MAILTREE_MESSAGE(ldapauth::Explanation);
MAILTREE_MESSAGE(ldapauth::Account);
}  // namespace mailtree::net
