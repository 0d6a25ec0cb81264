// SPDX-License-Identifier: Apache-2.0
// Helpers that several operations plan with.
#include "store/daemon/plan.h"

#include "base/ascii.h"
#include "store/file_name.h"

namespace mailtree::store {
namespace {

// RFC 9051 atom, without what would be a system flag.
bool is_keyword(std::string_view text) {
  if (text.empty() || text.size() > max_keyword_octets) return false;
  for (const char c : text) {
    if (ascii::is_control(c) || ascii::is_8bit(c) ||
        std::string_view("(){ %*\"\\]").find(c) != std::string_view::npos) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string name_of(const AccountState& state, FolderId folder, const Message& message) {
  FileName name;
  name.time = message.internal_date;
  name.unique = message.unique;
  name.folder = folder;
  name.uid = message.uid;
  name.size = message.size;
  name.crlf_size = message.crlf_size;
  name.flags = message.name_flags;
  return make_file_name(name, state.host);
}

std::string name_of(const AccountState& state, const Folder& folder, const Message& message) {
  return name_of(state, folder.id, message);
}

Result<void> check_keywords(const Folder& folder, const std::vector<std::string>& keywords) {
  std::size_t added = 0;
  for (const std::string& keyword : keywords) {
    if (!is_keyword(keyword)) return Error::permanent(Condition::cannot, "Invalid keyword");
    if (folder.keyword_number(keyword) == max_keywords) ++added;
  }
  if (folder.keywords.size() + added > max_keywords) return Error::permanent(Condition::limit, "Too many keywords");
  return {};
}

void plan_directory(Plan& plan, const Folder& folder) {
  if (folder.messages.empty() && folder.id != inbox_folder) {
    plan.actions.push_back(file_action::NeedFolder{folder.directory});
  }
}

Result<KeywordSet> plan_keywords(Plan& plan, FolderId folder_id, const std::vector<std::string>& keywords) {
  KeywordSet set;
  const Folder* const folder = plan.state.find(folder_id);
  if (folder == nullptr) return Error::permanent(Condition::no_such_mailbox, "No such mailbox");
  const Result<void> possible = check_keywords(*folder, keywords);
  if (!possible) return possible.error();
  for (const std::string& keyword : keywords) {
    std::size_t number = folder->keyword_number(keyword);
    if (number == max_keywords) {
      number = folder->keywords.size();
      plan.add(entry::KeywordAdded{folder_id, keyword});
    }
    set.set(number);
  }
  return set;
}

}  // namespace mailtree::store
