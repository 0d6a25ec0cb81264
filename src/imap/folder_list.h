// SPDX-License-Identifier: Apache-2.0
// Names as LIST and LSUB show them: folders, the levels above them that are none, special uses, children.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "imap/grammar/list_pattern.h"
#include "store/index_reader.h"

namespace mailtree::imap {

struct ListedName {
  bool exists = false;      // a folder; else only a level above one, or a subscription without folder
  bool subscribed = false;
  bool has_children = false;
  std::uint8_t special_use = 0;
};

// By name, INBOX first: what a client shows is in this order.
struct InboxFirst {
  bool operator()(const std::string& a, const std::string& b) const;
};
using NameTree = std::map<std::string, ListedName, InboxFirst>;

// All folders and every level above them.
NameTree make_name_tree(const std::vector<store::FolderRow>& folders);
// Subscriptions, with the levels above them; existing folders keep their attributes.
NameTree make_subscription_tree(const std::vector<store::FolderRow>& folders,
                                const std::vector<std::string>& subscriptions);

// "* LIST (\HasNoChildren \Sent) "/" "Sent"" CRLF. `response`: LIST or LSUB.
void append_list_response(std::string& out, std::string_view response, const std::string& name,
                          const ListedName& entry);

}  // namespace mailtree::imap
