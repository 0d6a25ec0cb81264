// SPDX-License-Identifier: Apache-2.0
// The messages of this folder as octets.
#include "store/messages.h"

#include "net/wire_codec.h"
#include "store/acl.h"
#include "store/inspection.h"
#include "store/metadata.h"
#include "store/transfer.h"

namespace mailtree::net {
MAILTREE_MESSAGE(store::OpenAccount);
MAILTREE_MESSAGE(store::OpenAccount::Reply);
MAILTREE_MESSAGE(store::MayAccept);
MAILTREE_MESSAGE(store::MayAccept::Reply);
MAILTREE_MESSAGE(store::NewMessageFile);
MAILTREE_MESSAGE(store::NewMessageFile::Reply);
MAILTREE_MESSAGE(store::Deliver);
MAILTREE_MESSAGE(store::Deliver::Reply);
MAILTREE_MESSAGE(store::Append);
MAILTREE_MESSAGE(store::Append::Reply);
MAILTREE_MESSAGE(store::CopyResult);
MAILTREE_MESSAGE(store::Copy);
MAILTREE_MESSAGE(store::Move);
MAILTREE_MESSAGE(store::Store);
MAILTREE_MESSAGE(store::Store::Reply);
MAILTREE_MESSAGE(store::Expunge);
MAILTREE_MESSAGE(store::Expunge::Reply);
MAILTREE_MESSAGE(store::CreateFolder);
MAILTREE_MESSAGE(store::CreateFolder::Reply);
MAILTREE_MESSAGE(store::DeleteFolder);
MAILTREE_MESSAGE(store::DeleteFolder::Reply);
MAILTREE_MESSAGE(store::RenameFolder);
MAILTREE_MESSAGE(store::RenameFolder::Reply);
MAILTREE_MESSAGE(store::Subscribe);
MAILTREE_MESSAGE(store::Subscribe::Reply);
MAILTREE_MESSAGE(store::OpenMailbox);
MAILTREE_MESSAGE(store::OpenMailbox::Reply);
MAILTREE_MESSAGE(store::OpenFile);
MAILTREE_MESSAGE(store::OpenFile::Reply);
MAILTREE_MESSAGE(store::Watch);
MAILTREE_MESSAGE(store::Watch::Reply);
MAILTREE_MESSAGE(store::ChangeNotice);
MAILTREE_MESSAGE(store::ListAccounts);
MAILTREE_MESSAGE(store::ListAccounts::Reply);
MAILTREE_MESSAGE(store::InspectAccount);
MAILTREE_MESSAGE(store::InspectAccount::Reply);
MAILTREE_MESSAGE(store::SetAcl);
MAILTREE_MESSAGE(store::SetAcl::Reply);
MAILTREE_MESSAGE(store::GetAcl);
MAILTREE_MESSAGE(store::GetAcl::Reply);
MAILTREE_MESSAGE(store::SetMetadata);
MAILTREE_MESSAGE(store::SetMetadata::Reply);
MAILTREE_MESSAGE(store::GetMetadata);
MAILTREE_MESSAGE(store::GetMetadata::Reply);
MAILTREE_MESSAGE(store::MoveToAccount);
}  // namespace mailtree::net
