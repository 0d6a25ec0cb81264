// SPDX-License-Identifier: Apache-2.0
// RFC 3501 section 7.2.2, RFC 3348 (children), RFC 6154 (special uses; in plain LIST and LSUB too, as Outlook wants).
#include "imap/folder_list.h"

#include <array>

#include "imap/grammar/encoder.h"
#include "imap/grammar/mailbox_name.h"
#include "store/types.h"

namespace mailtree::imap {
namespace {

struct UseName {
  std::uint8_t bit;
  std::string_view name;
};
constexpr std::array<UseName, 7> use_names{{{store::special_use::all_mail, "\\All"},
                                            {store::special_use::archive, "\\Archive"},
                                            {store::special_use::drafts, "\\Drafts"},
                                            {store::special_use::flagged, "\\Flagged"},
                                            {store::special_use::junk, "\\Junk"},
                                            {store::special_use::sent, "\\Sent"},
                                            {store::special_use::trash, "\\Trash"}}};

void add_parents(NameTree& tree, const std::string& name) {
  for (std::size_t at = name.rfind(hierarchy_separator); at != std::string::npos && at > 0;
       at = name.rfind(hierarchy_separator, at - 1)) {
    tree[name.substr(0, at)].has_children = true;
  }
}

}  // namespace

bool InboxFirst::operator()(const std::string& a, const std::string& b) const {
  const bool a_inbox = a == "INBOX";
  const bool b_inbox = b == "INBOX";
  return a_inbox != b_inbox ? a_inbox : a < b;
}

NameTree make_name_tree(const std::vector<store::FolderRow>& folders) {
  NameTree tree;
  for (const store::FolderRow& folder : folders) {
    ListedName& entry = tree[folder.name];
    entry.exists = true;
    entry.special_use = folder.special_use;
    add_parents(tree, folder.name);
  }
  return tree;
}

NameTree make_subscription_tree(const std::vector<store::FolderRow>& folders,
                                const std::vector<std::string>& subscriptions) {
  const NameTree all = make_name_tree(folders);
  NameTree tree;
  for (const std::string& name : subscriptions) {
    ListedName& entry = tree[name];
    entry.subscribed = true;
    if (const auto known = all.find(name); known != all.end()) {
      entry.exists = known->second.exists;
      entry.special_use = known->second.special_use;
      entry.has_children = entry.has_children || known->second.has_children;
    }
    add_parents(tree, name);
  }
  return tree;
}

void append_list_response(std::string& out, std::string_view response, const std::string& name,
                          const ListedName& entry) {
  out.append("* ").append(response).append(" (");
  if (!entry.exists) out.append("\\Noselect ");
  out.append(entry.has_children ? "\\HasChildren" : "\\HasNoChildren");
  for (const UseName& use : use_names) {
    if ((entry.special_use & use.bit) != 0) out.append(" ").append(use.name);
  }
  out.append(") \"/\" ");
  append_mailbox(out, name);
  out.append("\r\n");
}

}  // namespace mailtree::imap
