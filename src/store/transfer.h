// SPDX-License-Identifier: Apache-2.0
// MOVE from one account to another of the same partition. Types 246-247.
#pragma once

#include "store/messages.h"

namespace mailtree::store {

// RFC 9051 6.4.8 for mailboxes of two owners. The messages keep flags, keywords, dates and object ids. Some at a time:
// after an error those before it have moved (the same request again moves the rest); of a message that was on its way
// when stored died it is decided by the next who opens either account. Until then it is seen where it was. Refused for
// want of the target, or of room there: the messages stay. Who may do it is for who asks.
struct MoveToAccount {
  static constexpr std::uint16_t type = 246;
  AccountName account;
  FolderId source = no_folder;
  UidSet uids;
  AccountName target_account;
  FolderId target = no_folder;
  Quota target_quota;
  using Reply = CopyResult;  // modseq: of the source
  MSGPACK_DEFINE(account, source, uids, target_account, target, target_quota)
};

}  // namespace mailtree::store
