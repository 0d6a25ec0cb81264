// SPDX-License-Identifier: Apache-2.0
// The fold: one entry changes the state. Everything is checked, because a log is also input.
#include <algorithm>

#include "store/daemon/entry.h"

namespace mailtree::store {
namespace {

Error contradiction(const char* what) {
  return Error::temporary(Condition::damaged, std::string("log contradicts itself: ") + what);
}

void count_message(AccountState& state, Folder& folder, const Message& message, bool add) {
  const std::uint64_t sign = add ? 1 : ~std::uint64_t{0};
  folder.unseen += (message.flags & flag::seen) == 0 ? static_cast<std::uint32_t>(sign) : 0;
  folder.deleted += (message.flags & flag::deleted) != 0 ? static_cast<std::uint32_t>(sign) : 0;
  folder.names_behind += message.name_behind ? static_cast<std::uint32_t>(sign) : 0;
  folder.bytes += message.crlf_size * sign;
  state.totals.bytes += message.crlf_size * sign;
  state.totals.messages += sign;
}

void raise(AccountState& state, Modseq modseq) {
  state.modseq = std::max(state.modseq, modseq);
}
void raise(AccountState& state, Folder& folder, Modseq modseq) {
  folder.highestmodseq = std::max(folder.highestmodseq, modseq);
  raise(state, modseq);
}

bool keywords_known(const Folder& folder, const KeywordSet& set) {
  for (std::size_t i = folder.keywords.size(); i < max_keywords; ++i) {
    if (set.has(i)) return false;
  }
  return true;
}

// Calls `change` for each message of the set; false, and nothing changed, if one does not exist.
template <typename F>
bool for_each_message(Folder& folder, const UidSet& uids, F change) {
  const Message* const end = folder.messages.data() + folder.messages.size();
  for (const UidRange& range : uids) {
    const Message* const first = folder.find(range.first);
    const std::uint64_t length = std::uint64_t{range.last} - range.first;
    if (first == nullptr || static_cast<std::uint64_t>(end - first) <= length) return false;
    if (first[length].uid != range.last) return false;  // ascending: then all between are there
  }
  for (const UidRange& range : uids) {
    Message* const first = folder.find(range.first);
    for (std::uint64_t i = 0; i <= range.last - range.first; ++i) change(first[i]);
  }
  return true;
}

void set_name_behind(Folder& folder, Message& message, bool behind) {
  folder.names_behind += static_cast<std::uint32_t>(behind) - static_cast<std::uint32_t>(message.name_behind);
  message.name_behind = behind;
}

struct Applier {
  AccountState& state;
  std::int64_t time;

  Result<void> operator()(const entry::AccountNamed& e) const {
    state.name = e.name;
    state.host = e.host;
    return {};
  }

  Result<void> operator()(const entry::FolderSet& e) const {
    if (e.id < state.next_folder || e.id == no_folder || e.id == UINT32_MAX || e.uidnext == 0)
      return contradiction("folder number used");
    Folder folder;
    folder.id = e.id;
    folder.name = e.name;
    folder.directory = e.directory;
    folder.object = e.object;
    folder.uidvalidity = e.uidvalidity;
    folder.uidnext = e.uidnext;
    folder.first_recent = e.first_recent;
    folder.special_use = e.special_use;
    folder.expunge_horizon = e.expunge_horizon;
    Folder& placed = state.folders.emplace(e.id, std::move(folder)).first->second;
    state.next_folder = e.id + 1;
    raise(state, placed, e.modseq);
    return {};
  }

  Result<void> operator()(const entry::FolderRemoved& e) const {
    Folder* const folder = state.find(e.id);
    if (folder == nullptr) return contradiction("unknown folder removed");
    for (const Message& message : folder->messages) {
      count_message(state, *folder, message, false);
      state.marks[mark_of(message.unique)] = time;
    }
    for (const Tombstone& gone : folder->tombstones) state.marks.emplace(gone.mark, gone.time);
    state.doomed.insert(folder->directory);
    state.folders.erase(e.id);
    raise(state, e.modseq);
    return {};
  }

  Result<void> operator()(const entry::FolderRenamed& e) const {
    Folder* const folder = state.find(e.id);
    if (folder == nullptr) return contradiction("unknown folder renamed");
    folder->name = e.name;
    raise(state, *folder, e.modseq);
    return {};
  }

  Result<void> operator()(const entry::Subscribed& e) const {
    if (e.on) {
      state.subscriptions.insert(e.name);
    } else {
      state.subscriptions.erase(e.name);
    }
    return {};
  }

  Result<void> operator()(const entry::KeywordAdded& e) const {
    Folder* const folder = state.find(e.folder);
    if (folder == nullptr || folder->keywords.size() >= max_keywords) return contradiction("keyword");
    folder->keywords.push_back(e.keyword);
    return {};
  }

  Result<void> operator()(const entry::Arrived& e) const {
    Folder* const folder = state.find(e.folder);
    if (folder == nullptr) return contradiction("arrival in an unknown folder");
    if (e.message.uid < folder->uidnext || e.message.uid == UINT32_MAX) return contradiction("uid used");
    if (!keywords_known(*folder, e.keywords)) return contradiction("arrival with an unknown keyword");
    Message message = e.message;
    message.keywords = folder->keyword_set_index(e.keywords);
    message.name_behind = message.name_flags != message.flags;
    folder->messages.push_back(message);
    folder->uidnext = message.uid + 1;
    count_message(state, *folder, message, true);
    raise(state, *folder, message.modseq);
    return {};
  }

  Result<void> operator()(const entry::FlagsChanged& e) const {
    Folder* const folder = state.find(e.folder);
    if (folder == nullptr || !keywords_known(*folder, e.set_keywords)) return contradiction("flags");
    const auto change = [&](Message& message) {
      count_message(state, *folder, message, false);
      const auto flags = static_cast<std::uint8_t>((message.flags & ~e.clear) | e.set);
      message.name_behind = message.name_behind || flags != message.flags;
      message.flags = flags;
      count_message(state, *folder, message, true);
      KeywordSet keywords = folder->keywords_of(message);
      for (std::size_t i = 0; i < keywords.bits.size(); ++i) {
        keywords.bits[i] = (keywords.bits[i] & ~e.clear_keywords.bits[i]) | e.set_keywords.bits[i];
      }
      message.keywords = folder->keyword_set_index(keywords);
      message.modseq = e.modseq;
    };
    if (!for_each_message(*folder, e.uids, change)) return contradiction("flags of an unknown message");
    raise(state, *folder, e.modseq);
    return {};
  }

  Result<void> operator()(const entry::Renamed& e) const {
    Folder* const folder = state.find(e.folder);
    Message* const message = folder == nullptr ? nullptr : folder->find(e.uid);
    if (message == nullptr) return contradiction("unknown message renamed");
    message->name_flags = e.name_flags;
    set_name_behind(*folder, *message, e.name_flags != message->flags);
    return {};
  }

  Result<void> operator()(const entry::Expunged& e) const {
    Folder* const folder = state.find(e.folder);
    if (folder == nullptr) return contradiction("expunge in an unknown folder");
    const auto remove = [&](Message& message) {
      count_message(state, *folder, message, false);
      const std::uint64_t mark = e.lost ? 0 : mark_of(message.unique);
      folder->tombstones.push_back({message.uid, e.modseq, mark, time});
    };
    if (!for_each_message(*folder, e.uids, remove)) return contradiction("unknown message expunged");
    std::erase_if(folder->messages, [&e](const Message& message) { return contains(e.uids, message.uid); });
    raise(state, *folder, e.modseq);
    return {};
  }

  Result<void> operator()(const entry::RecentMoved& e) const {
    Folder* const folder = state.find(e.folder);
    if (folder != nullptr) folder->first_recent = e.first_recent;
    return {};
  }

  Result<void> operator()(const entry::Gone& e) const {
    Folder* const folder = state.find(e.folder);
    if (folder == nullptr) return contradiction("tombstone in an unknown folder");
    folder->tombstones.push_back(e.tombstone);
    raise(state, *folder, e.tombstone.modseq);
    return {};
  }

  Result<void> operator()(const entry::Marked& e) const {
    state.marks[e.mark] = e.time;
    return {};
  }

  Result<void> operator()(const entry::Numbers& e) const {
    raise(state, e.modseq);
    state.next_folder = std::max(state.next_folder, e.next_folder);
    return {};
  }

  Result<void> operator()(const entry::FolderFloor& e) const {
    Folder* const folder = state.find(e.folder);
    if (folder == nullptr) return contradiction("floor of an unknown folder");
    folder->uidnext = std::max(folder->uidnext, e.uidnext);
    return {};
  }

  Result<void> operator()(const entry::Doomed& e) const {
    state.doomed.insert(e.directory);
    return {};
  }

  Result<void> operator()(const entry::DirectoryGone& e) const {
    state.doomed.erase(e.directory);
    return {};
  }

  Result<void> operator()(const entry::FullSince& e) const {
    state.fullness = {e.time, e.totals};
    return {};
  }

  Result<void> operator()(const entry::Named& e) const {
    Folder* const folder = state.find(e.folder);
    if (folder == nullptr) return contradiction("names in an unknown folder");
    const auto name = [folder](Message& message) {
      message.name_flags = message.flags;
      set_name_behind(*folder, message, false);
    };
    if (!for_each_message(*folder, e.uids, name)) return contradiction("unknown message named");
    return {};
  }

  Result<void> operator()(const entry::NamesDoubtful& e) const {
    Folder* const folder = state.find(e.folder);
    if (folder == nullptr) return contradiction("doubtful names in an unknown folder");
    const auto doubt = [folder](Message& message) { set_name_behind(*folder, message, true); };
    if (!for_each_message(*folder, e.uids, doubt)) return contradiction("doubtful name of an unknown message");
    return {};
  }

  Result<void> operator()(const entry::Ancestor& e) const {
    state.ancestors.push_back(e.log);
    if (state.ancestors.size() > max_ancestors) state.ancestors.erase(state.ancestors.begin());
    return {};
  }

  Result<void> operator()(const entry::Leaving& e) const {
    state.departures[e.number] = {e.folder, e.uids, e.target, e.target_folder};
    return {};
  }

  Result<void> operator()(const entry::Left& e) const {
    state.departures.erase(e.number);
    return {};
  }

  Result<void> operator()(const entry::Coming& e) const {
    state.arrivals[e.number] = {e.source, e.marks, false};
    return {};
  }

  Result<void> operator()(const entry::Came& e) const {
    const auto arrival = state.arrivals.find(e.number);
    if (arrival == state.arrivals.end()) return contradiction("unknown transfer came");
    arrival->second.came = true;
    return {};
  }

  // A file that was made for a message which then did not come is still known to mean nothing.
  Result<void> operator()(const entry::Settled& e) const {
    const auto arrival = state.arrivals.find(e.number);
    if (arrival == state.arrivals.end()) return {};
    if (!arrival->second.came) {
      for (const std::uint64_t mark : arrival->second.marks) state.marks[mark] = time;
    }
    state.arrivals.erase(arrival);
    return {};
  }

  Result<void> operator()(const entry::SetAcl& e) const {
    Folder* const folder = state.find(e.folder);
    if (folder == nullptr) return contradiction("rights in an unknown folder");
    if (e.rights.empty()) {
      folder->acl.erase(e.identifier);
    } else {
      folder->acl[e.identifier] = e.rights;
    }
    return {};
  }

  Result<void> operator()(const entry::SetMetadata& e) const {
    Metadata* const metadata = state.metadata_of(e.folder);
    if (metadata == nullptr) return contradiction("annotation of an unknown folder");
    if (e.there) {
      (*metadata)[e.name] = e.value;
    } else {
      metadata->erase(e.name);
    }
    return {};
  }
};

}  // namespace

Result<void> apply(AccountState& state, const Entry& entry, std::int64_t time) {
  const Applier applier{state, time};
  return std::visit(applier, entry);
}

Result<void> apply(AccountState& state, const Commit& commit) {
  for (const Entry& entry : commit.entries) {
    const Result<void> done = apply(state, entry, commit.time);
    if (!done) return done;
  }
  if (state.modseq != commit.modseq || state.totals != commit.totals) return contradiction("totals");
  return {};
}

std::vector<Entry> snapshot(const AccountState& state, std::int64_t drop_tombstones_before,
                            std::int64_t drop_marks_before) {
  std::vector<Entry> entries;
  entries.emplace_back(entry::AccountNamed{state.name, state.host});
  for (const auto& [id, folder] : state.folders) {
    const auto old = [&](const Tombstone& gone) { return gone.time < drop_tombstones_before; };
    Modseq horizon = folder.expunge_horizon;
    for (const Tombstone& gone : folder.tombstones) {
      if (old(gone)) horizon = std::max(horizon, gone.modseq);
    }
    entries.emplace_back(entry::FolderSet{id, folder.name, folder.directory, folder.object, folder.uidvalidity, 1,
                                          folder.first_recent, folder.special_use, folder.highestmodseq, horizon});
    for (const std::string& keyword : folder.keywords) entries.emplace_back(entry::KeywordAdded{id, keyword});
    for (const auto& [identifier, rights] : folder.acl) entries.emplace_back(entry::SetAcl{id, identifier, rights});
    for (const auto& [name, value] : folder.metadata) entries.emplace_back(entry::SetMetadata{id, name, true, value});
    UidSet doubtful;
    for (const Message& message : folder.messages) {
      entries.emplace_back(entry::Arrived{id, message, folder.keywords_of(message)});
      if (message.name_behind && message.name_flags == message.flags) add_uid(doubtful, message.uid);
    }
    if (!doubtful.empty()) entries.emplace_back(entry::NamesDoubtful{id, std::move(doubtful)});
    for (const Tombstone& gone : folder.tombstones) {
      if (!old(gone)) entries.emplace_back(entry::Gone{id, gone});
    }
    entries.emplace_back(entry::FolderFloor{id, folder.uidnext});
  }
  for (const std::string& name : state.subscriptions) entries.emplace_back(entry::Subscribed{name, true});
  for (const auto& [name, value] : state.metadata) {
    entries.emplace_back(entry::SetMetadata{no_folder, name, true, value});
  }
  for (const auto& [number, departure] : state.departures) {
    entries.emplace_back(
        entry::Leaving{number, departure.folder, departure.uids, departure.target, departure.target_folder});
  }
  for (const auto& [number, arrival] : state.arrivals) {
    entries.emplace_back(entry::Coming{number, arrival.source, arrival.marks});
    if (arrival.came) entries.emplace_back(entry::Came{number});
  }
  for (const auto& [mark, time] : state.marks) {
    if (time >= drop_marks_before) entries.emplace_back(entry::Marked{mark, time});
  }
  for (const std::string& directory : state.doomed) entries.emplace_back(entry::Doomed{directory});
  const Fullness& full = state.fullness;
  if (full.since != 0) entries.emplace_back(entry::FullSince{full.since, full.totals});
  for (const LogEndMark& log : state.ancestors) entries.emplace_back(entry::Ancestor{log});
  entries.emplace_back(entry::Numbers{state.modseq, state.next_folder});
  return entries;
}

}  // namespace mailtree::store
