// SPDX-License-Identifier: Apache-2.0
// Access control lists (RFC 4314): kept as they are told.
#include <algorithm>

#include "base/ascii.h"
#include "store/daemon/folder_names.h"
#include "store/daemon/operations/operations.h"

namespace mailtree::store {
namespace {

bool is_identifier(std::string_view text) {
  if (text.empty() || text == "-" || text.size() > max_acl_identifier_octets || !is_utf8(text)) return false;
  return std::none_of(text.begin(), text.end(), ascii::is_control);
}

// Each right once, in order. RFC 4314 2.1: letters in lower case, 2.2: digits are for sites.
Result<std::string> sorted_rights(std::string rights) {
  const auto is_right = [](char c) { return (c >= 'a' && c <= 'z') || ascii::is_digit(c); };
  if (!std::all_of(rights.begin(), rights.end(), is_right)) return Error::permanent(Condition::cannot, "Invalid right");
  std::sort(rights.begin(), rights.end());
  rights.erase(std::unique(rights.begin(), rights.end()), rights.end());
  return rights;
}

}  // namespace

Result<void> SetAclOperation::plan(Plan& plan, AccountAccess&) {
  const Folder* const folder = plan.state.find(request.folder);
  if (folder == nullptr) return no_such_mailbox();
  if (!is_identifier(request.identifier)) return Error::permanent(Condition::cannot, "Invalid identifier");
  const Result<std::string> rights = sorted_rights(request.rights);
  if (!rights) return rights.error();
  const auto known = folder->acl.find(request.identifier);
  const bool is_known = known != folder->acl.end();
  reply.changed = is_known ? known->second != *rights : !rights->empty();
  if (!reply.changed) return {};
  if (!is_known && folder->acl.size() >= max_acl_entries) {
    return Error::permanent(Condition::limit, "Too many identifiers have rights");
  }
  plan.add(entry::SetAcl{request.folder, request.identifier, *rights});
  return {};
}

Result<void> GetAclOperation::plan(Plan& plan, AccountAccess&) {
  const Folder* const folder = plan.state.find(request.folder);
  if (folder == nullptr) return no_such_mailbox();
  for (const auto& [identifier, rights] : folder->acl) reply.entries.push_back({identifier, rights});
  return {};
}

}  // namespace mailtree::store
