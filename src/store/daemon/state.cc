// SPDX-License-Identifier: Apache-2.0
// Look-ups in the state of an account.
#include "store/daemon/state.h"

#include <algorithm>

#include "base/ascii.h"

namespace mailtree::store {

std::uint64_t mark_of(const Unique& unique) {
  std::uint64_t mark = 0;
  for (std::size_t i = 0; i < 8; ++i) mark = (mark << 8) | unique[i];
  return mark;
}

std::uint64_t octets_of(const Metadata& entries) {
  std::uint64_t sum = 0;
  for (const auto& [name, value] : entries) sum += name.size() + value.size();
  return sum;
}

const Message* Folder::find(Uid uid) const {
  const auto at = std::lower_bound(messages.begin(), messages.end(), uid,
                                   [](const Message& message, Uid wanted) { return message.uid < wanted; });
  return at != messages.end() && at->uid == uid ? &*at : nullptr;
}

Message* Folder::find(Uid uid) {
  return const_cast<Message*>(std::as_const(*this).find(uid));
}

std::uint32_t Folder::keyword_set_index(const KeywordSet& set) {
  // Sets in use are few; the newest are the likeliest.
  for (std::size_t i = keyword_sets.size(); i-- > 0;) {
    if (keyword_sets[i] == set) return static_cast<std::uint32_t>(i);
  }
  keyword_sets.push_back(set);
  return static_cast<std::uint32_t>(keyword_sets.size() - 1);
}

std::size_t Folder::keyword_number(std::string_view keyword) const {
  for (std::size_t i = 0; i < keywords.size(); ++i) {
    if (ascii::equal(keywords[i], keyword)) return i;
  }
  return max_keywords;
}

const Folder* AccountState::find(FolderId id) const {
  const auto at = folders.find(id);
  return at == folders.end() ? nullptr : &at->second;
}

Folder* AccountState::find(FolderId id) {
  return const_cast<Folder*>(std::as_const(*this).find(id));
}

const Metadata* AccountState::metadata_of(FolderId id) const {
  if (id == no_folder) return &metadata;
  const Folder* const folder = find(id);
  return folder == nullptr ? nullptr : &folder->metadata;
}

Metadata* AccountState::metadata_of(FolderId id) {
  return const_cast<Metadata*>(std::as_const(*this).metadata_of(id));
}

std::uint64_t AccountState::metadata_octets() const {
  std::uint64_t sum = octets_of(metadata);
  for (const auto& [id, folder] : folders) sum += octets_of(folder.metadata);
  return sum;
}

const Folder* AccountState::find_by_name(std::string_view wanted) const {
  if (ascii::equal(wanted, "INBOX")) return find(inbox_folder);
  for (const auto& [id, folder] : folders) {
    if (folder.name == wanted) return &folder;
  }
  return nullptr;
}

std::vector<Transfer> AccountState::transfers() const {
  std::vector<Transfer> all;
  for (const auto& [number, departure] : departures) all.push_back({number, name, departure.target});
  for (const auto& [number, arrival] : arrivals) all.push_back({number, arrival.source, name});
  return all;
}

bool AccountState::has_names_behind() const {
  return std::any_of(folders.begin(), folders.end(), [](const auto& one) { return one.second.names_behind != 0; });
}

}  // namespace mailtree::store
