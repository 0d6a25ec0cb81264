// SPDX-License-Identifier: Apache-2.0
// Annotations (RFC 5464).
#include <algorithm>

#include "base/ascii.h"
#include "store/daemon/operations/operations.h"

namespace mailtree::store {
namespace {

// RFC 5464 3.2: levels behind "/private" or "/shared", none of them empty; no wildcards, no octets that are not ASCII
// or below 0x20. Comparisons disregard case.
Result<std::string> entry_name(std::string_view wanted) {
  std::string name = ascii::to_lower(wanted);
  const auto is_wrong = [](char c) { return ascii::is_control(c) || ascii::is_8bit(c) || c == '*' || c == '%'; };
  const bool good = (name.starts_with("/private/") || name.starts_with("/shared/")) && name.back() != '/' &&
                    name.find("//") == std::string::npos && name.size() <= max_metadata_name_octets &&
                    std::none_of(name.begin(), name.end(), is_wrong);
  if (!good) return Error::permanent(Condition::cannot, "Invalid name of an annotation");
  return name;
}

}  // namespace

bool SetMetadataOperation::adds_data() const {
  return std::any_of(request.changes.begin(), request.changes.end(),
                     [](const MetadataChange& change) { return change.there; });
}

Result<void> SetMetadataOperation::plan(Plan& plan, AccountAccess&) {
  const Metadata* const before = plan.state.metadata_of(request.folder);
  if (before == nullptr) return no_such_mailbox();
  Metadata after = *before;
  for (const MetadataChange& change : request.changes) {
    const Result<std::string> name = entry_name(change.name);
    if (!name) return name.error();
    if (change.value.size() > max_metadata_value_octets) {
      return Error::permanent(Condition::too_big, "The value of an annotation is too long");
    }
    after.erase(*name);
    if (change.there) after.emplace(*name, change.value);
  }
  // What is too much already, since the limits were others once, may still become less.
  const bool grows = after.size() > before->size() || octets_of(after) > octets_of(*before);
  const std::uint64_t others = plan.state.metadata_octets() - octets_of(*before);
  if (grows && (after.size() > max_metadata_entries || others + octets_of(after) > max_metadata_octets)) {
    return Error::permanent(Condition::limit, "Too many annotations");
  }
  std::vector<entry::SetMetadata> entries;
  for (const auto& [name, value] : *before) {
    if (!after.contains(name)) entries.push_back({request.folder, name, false, {}});
  }
  for (const auto& [name, value] : after) {
    const auto known = before->find(name);
    if (known == before->end() || known->second != value) entries.push_back({request.folder, name, true, value});
  }
  reply.changed = !entries.empty();
  for (entry::SetMetadata& change : entries) plan.add(std::move(change));
  return {};
}

Result<void> GetMetadataOperation::plan(Plan& plan, AccountAccess&) {
  const Metadata* const entries = plan.state.metadata_of(request.folder);
  if (entries == nullptr) return no_such_mailbox();
  for (const auto& [name, value] : *entries) reply.entries.push_back({name, value});
  return {};
}

}  // namespace mailtree::store
