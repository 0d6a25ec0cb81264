// SPDX-License-Identifier: Apache-2.0
// The effect of each request.
#include "histories/model.h"

#include <algorithm>
#include <utility>

namespace mailtree::histories {
namespace {

constexpr std::uint32_t inbox = 1;

std::vector<std::string> parents_of(const std::string& name) {
  std::vector<std::string> parents;
  for (std::size_t at = name.find('/'); at != std::string::npos; at = name.find('/', at + 1)) {
    parents.push_back(name.substr(0, at));
  }
  return parents;
}

bool is_below(const std::string& name, const std::string& parent) {
  return name.starts_with(parent + "/");
}

void make_parents(Account& account, const std::string& name) {
  for (const std::string& parent : parents_of(name)) {
    if (!account.has_name(parent)) account.new_folders.insert(parent);
  }
}

std::uint32_t delivery_folder(const Account& account, const Request& request) {
  const auto named = std::find_if(account.folders.begin(), account.folders.end(),
                                  [&request](const auto& entry) { return entry.second.name == request.name; });
  return named == account.folders.end() ? inbox : named->first;
}

// The answer is the first that tells the id of a folder which came with the requests just before.
void learn_id(Account& account, const std::string& name, std::uint32_t id) {
  if (account.folders.contains(id)) return;
  for (auto at = account.folders.begin(); at != account.folders.end(); ++at) {
    if (at->second.name != name || at->second.id != 0) continue;
    auto known = account.folders.extract(at);
    known.key() = known.mapped().id = id;
    account.folders.insert(std::move(known));
    return;
  }
  if (account.new_folders.erase(name) == 0) return;
  Folder made;
  made.id = id;
  made.name = name;
  account.folders.emplace(id, std::move(made));
}

std::set<std::uint32_t> existing(const Folder& folder, const std::set<std::uint32_t>& wanted) {
  std::set<std::uint32_t> found;
  for (const std::uint32_t uid : wanted) {
    if (folder.messages.contains(uid)) found.insert(uid);
  }
  return found;
}

std::set<std::uint32_t> due_for_removal(const Folder& folder, const Request& request) {
  std::set<std::uint32_t> due;
  for (const auto& [uid, message] : folder.messages) {
    const bool named = request.uids.contains(uid);
    const bool deleted = (message.flags & system_flag::deleted) != 0;
    if (request.removal == Removal::exactly && named) due.insert(uid);
    if (request.removal == Removal::deleted_in && named && deleted) due.insert(uid);
    if (request.removal == Removal::deleted_all && deleted) due.insert(uid);
  }
  return due;
}

// True if something changed.
bool change_flags(Message& message, const Request& request) {
  const unsigned flags = message.flags;
  const std::set<std::string> keywords = message.keywords;
  if (request.change == Change::replace) {
    message.flags = request.flags;
    message.keywords = request.keywords;
  } else if (request.change == Change::add) {
    message.flags |= request.flags;
    message.keywords.insert(request.keywords.begin(), request.keywords.end());
  } else {
    message.flags &= ~request.flags;
    for (const std::string& keyword : request.keywords) message.keywords.erase(keyword);
  }
  return message.flags != flags || message.keywords != keywords;
}

void rename_folders(Account& account, std::uint32_t id, const std::string& name) {
  const std::string old = account.folders.at(id).name;
  make_parents(account, name);
  for (auto& [other, folder] : account.folders) {
    if (is_below(folder.name, old)) folder.name = name + folder.name.substr(old.size());
  }
  std::set<std::string> unnumbered;
  for (const std::string& other : account.new_folders) {
    unnumbered.insert(is_below(other, old) ? name + other.substr(old.size()) : other);
  }
  account.new_folders = std::move(unnumbered);
  account.folders.at(id).name = name;
}

// RFC 9051 6.3.6: the messages go to a new folder, INBOX stays. All that is known comes along.
void rename_inbox(Account& account, const Request& request) {
  make_parents(account, request.name);
  Folder& from = account.folders.at(inbox);
  Folder made;
  made.name = request.name;
  for (const auto& [uid, message] : from.messages) made.arrivals.push_back(message);
  made.arrivals.insert(made.arrivals.end(), from.arrivals.begin(), from.arrivals.end());
  for (Message& message : made.arrivals) message.modseq = 0;
  from.messages.clear();
  from.arrivals.clear();
  for (auto& [content, durable] : from.foreign) {
    durable = false;  // they may have been taken in before
    made.foreign[content] = false;
  }
  // Its id is not known: it stands among the folders under a number that no store gives.
  std::uint32_t placeholder = UINT32_MAX;
  while (account.folders.contains(placeholder)) --placeholder;
  account.folders.emplace(placeholder, std::move(made));
}

void put(Folder& folder, std::uint32_t uid, Message message, std::uint64_t modseq,
         std::vector<std::string>& complaints) {
  if (uid < folder.uidnext)
    complaints.push_back("uid " + std::to_string(uid) + " of " + folder.name + " below uidnext");
  folder.uidnext = std::max(folder.uidnext, uid + 1);
  message.modseq = modseq;
  folder.modseq = std::max(folder.modseq, modseq);
  folder.messages[uid] = std::move(message);
}

void compare_uids(const std::set<std::uint32_t>& expected, const std::vector<std::uint32_t>& got, const char* what,
                  std::vector<std::string>& complaints) {
  if (expected == std::set<std::uint32_t>(got.begin(), got.end())) return;
  complaints.push_back(std::string(what) + " answered with " + std::to_string(got.size()) + " uids instead of " +
                       std::to_string(expected.size()));
}

void deliver(Account& account, const Request& request, const Reply& reply, std::vector<std::string>& complaints) {
  Delivery& delivery = account.deliveries[request.transaction];
  const bool known = account.copies_of(request.letters.front().content) > 0;
  if (delivery.answered && known && request.again && !reply.duplicate) {
    complaints.push_back("a repeated delivery came twice: " + request.letters.front().content.substr(0, 20));
  }
  const bool was_answered = std::exchange(delivery.answered, true);
  if (reply.duplicate) {
    // Its first answer was lost: it is there, under a number that was never told.
    if (!was_answered && !known && !delivery.seen) {
      Message letter = request.letters.front();
      letter.taken_in = true;
      account.folders.at(delivery_folder(account, request)).arrivals.push_back(std::move(letter));
    }
    return;
  }
  learn_id(account, request.name, reply.folder);
  const std::uint32_t expected = delivery_folder(account, request);
  if (reply.folder != expected) complaints.push_back("delivered into another folder");
  const auto folder = account.folders.find(reply.folder);
  if (folder == account.folders.end()) return complaints.push_back("delivered into an unknown folder");
  put(folder->second, reply.uids.front(), request.letters.front(), reply.modseq, complaints);
}

void append(Account& account, const Request& request, const Reply& reply, std::vector<std::string>& complaints) {
  Folder& folder = account.folders.at(request.folder);
  if (reply.uidvalidity != folder.uidvalidity) complaints.push_back("append told another uidvalidity");
  if (reply.uids.size() != request.letters.size()) return complaints.push_back("append told a wrong number of uids");
  for (std::size_t i = 0; i < reply.uids.size(); ++i) {
    put(folder, reply.uids[i], request.letters[i], reply.modseq, complaints);
  }
}

void copy(Account& account, const Request& request, const Reply& reply, std::vector<std::string>& complaints) {
  Folder& source = account.folders.at(request.folder);
  Folder& target = account.folders.at(request.target);
  compare_uids(existing(source, request.uids), reply.uids, name_of(request.kind), complaints);
  if (reply.uids.size() != reply.targets.size()) return complaints.push_back("copy told sets of unequal size");
  for (std::size_t i = 0; i < reply.uids.size(); ++i) {
    const auto message = source.messages.find(reply.uids[i]);
    if (message == source.messages.end()) continue;
    put(target, reply.targets[i], message->second, reply.modseq, complaints);
  }
  if (request.kind != Kind::move) return;
  for (const std::uint32_t uid : reply.uids) source.messages.erase(uid);
  if (!reply.uids.empty()) source.modseq = std::max(source.modseq, reply.modseq);
}

void store(Account& account, const Request& request, const Reply& reply, std::vector<std::string>& complaints) {
  Folder& folder = account.folders.at(request.folder);
  const std::set<std::uint32_t> told(reply.uids.begin(), reply.uids.end());
  for (const std::uint32_t uid : existing(folder, request.uids)) {
    Message& message = folder.messages.at(uid);
    const bool changed = change_flags(message, request);
    if (changed != told.contains(uid) && message.loose_flags == 0) {
      complaints.push_back("store told uid " + std::to_string(uid) + (changed ? " unchanged" : " changed"));
    }
    if (!told.contains(uid)) continue;
    if (reply.modseq <= message.modseq) complaints.push_back("a change without a higher modseq");
    message.modseq = reply.modseq;
    folder.modseq = std::max(folder.modseq, reply.modseq);
  }
}

void expunge(Account& account, const Request& request, const Reply& reply, std::vector<std::string>& complaints) {
  Folder& folder = account.folders.at(request.folder);
  compare_uids(due_for_removal(folder, request), reply.uids, "expunge", complaints);
  for (const std::uint32_t uid : reply.uids) folder.messages.erase(uid);
  if (!reply.uids.empty()) folder.modseq = std::max(folder.modseq, reply.modseq);
}

}  // namespace

const char* name_of(Kind kind) {
  static constexpr const char* names[kinds] = {"deliver", "append", "copy",   "move",      "store",       "expunge",
                                               "create",  "remove", "rename", "subscribe", "open_mailbox"};
  return names[static_cast<std::size_t>(kind)];
}

const Folder* Account::find_by_name(const std::string& name) const {
  for (const auto& [id, folder] : folders) {
    if (folder.name == name) return &folder;
  }
  return nullptr;
}

bool Account::has_name(const std::string& name) const {
  return new_folders.contains(name) || find_by_name(name) != nullptr;
}

std::size_t Account::copies_of(const std::string& content) const {
  std::size_t copies = 0;
  const auto is_it = [&content](const Message& message) { return message.content == content; };
  for (const auto& [id, folder] : folders) {
    for (const auto& [uid, message] : folder.messages) copies += is_it(message) ? 1 : 0;
    copies += static_cast<std::size_t>(std::count_if(folder.arrivals.begin(), folder.arrivals.end(), is_it));
  }
  return copies;
}

std::uint64_t Account::octets() const {
  std::uint64_t sum = 0;
  for (const auto& [id, folder] : folders) {
    for (const auto& [uid, message] : folder.messages) sum += message.content.size();
    for (const Message& message : folder.arrivals) sum += message.content.size();
  }
  return sum;
}

bool must_refuse(const Account& account, const Request& request) {
  const auto exists = [&account](std::uint32_t id) { return account.folders.contains(id); };
  switch (request.kind) {
    case Kind::deliver:
      return false;
    case Kind::append: {
      std::uint64_t octets = account.octets();
      for (const Message& letter : request.letters) octets += letter.content.size();
      const bool full = request.quota >= 0 && octets > static_cast<std::uint64_t>(request.quota);
      return !exists(request.folder) || full;
    }
    case Kind::copy:
    case Kind::move:
      return !exists(request.folder) || !exists(request.target);
    case Kind::store:
    case Kind::expunge:
    case Kind::open_mailbox:
      return !exists(request.folder);
    case Kind::create:
      return account.has_name(request.name);
    case Kind::remove:
      return request.folder == inbox || !exists(request.folder);
    case Kind::rename:
      return !exists(request.folder) || account.has_name(request.name) ||
             is_below(request.name, account.folders.at(request.folder).name);
    case Kind::subscribe:
      return false;
  }
  return false;
}

bool may_refuse(const Account& account, const Request& request) {
  if (must_refuse(account, request)) return true;
  if (request.quota < 0) return false;
  Request smaller = request;
  for (const auto& [id, folder] : account.folders) {
    for (const auto& [content, durable] : folder.foreign) smaller.quota -= static_cast<std::int64_t>(content.size());
  }
  smaller.quota = std::max<std::int64_t>(smaller.quota, 0);
  return must_refuse(account, smaller);
}

void apply(Account& account, const Request& request, const Reply& reply, std::vector<std::string>& complaints) {
  if (must_refuse(account, request)) return complaints.push_back(std::string(name_of(request.kind)) + " not refused");
  account.modseq = std::max(account.modseq, reply.modseq);
  if (request.kind == Kind::deliver) return deliver(account, request, reply, complaints);
  if (request.kind == Kind::append) return append(account, request, reply, complaints);
  if (request.kind == Kind::copy || request.kind == Kind::move) return copy(account, request, reply, complaints);
  if (request.kind == Kind::store) return store(account, request, reply, complaints);
  if (request.kind == Kind::expunge) return expunge(account, request, reply, complaints);
  if (request.kind != Kind::create) return apply_unanswered(account, request);
  make_parents(account, request.name);
  Folder folder;
  folder.id = reply.folder;
  folder.name = request.name;
  folder.uidvalidity = reply.uidvalidity;
  folder.object_id = reply.object_id;
  if (!account.folders.emplace(folder.id, folder).second) complaints.push_back("a folder id was given twice");
}

void apply_unanswered(Account& account, const Request& request) {
  if (must_refuse(account, request)) return;
  switch (request.kind) {
    case Kind::deliver:
      if (account.deliveries[request.transaction].answered) return;  // a repetition of it changes nothing
      if (account.copies_of(request.letters.front().content) > 0) return;
      account.folders.at(delivery_folder(account, request)).arrivals.push_back(request.letters.front());
      return;
    case Kind::append: {
      Folder& folder = account.folders.at(request.folder);
      folder.arrivals.insert(folder.arrivals.end(), request.letters.begin(), request.letters.end());
      return;
    }
    case Kind::copy:
    case Kind::move: {
      Folder& source = account.folders.at(request.folder);
      for (const std::uint32_t uid : existing(source, request.uids)) {
        Message message = source.messages.at(uid);
        message.modseq = 0;
        account.folders.at(request.target).arrivals.push_back(std::move(message));
        if (request.kind == Kind::move) source.messages.erase(uid);
      }
      return;
    }
    case Kind::store: {
      Folder& folder = account.folders.at(request.folder);
      for (const std::uint32_t uid : existing(folder, request.uids)) change_flags(folder.messages.at(uid), request);
      return;
    }
    case Kind::expunge: {
      Folder& folder = account.folders.at(request.folder);
      for (const std::uint32_t uid : due_for_removal(folder, request)) folder.messages.erase(uid);
      if (request.removal == Removal::deleted_all) {
        std::erase_if(folder.arrivals, [](const Message& m) { return (m.flags & system_flag::deleted) != 0; });
      }
      return;
    }
    case Kind::create:
      make_parents(account, request.name);
      account.new_folders.insert(request.name);
      return;
    case Kind::remove:
      account.folders.erase(request.folder);
      return;
    case Kind::rename:
      if (request.folder == inbox) return rename_inbox(account, request);
      return rename_folders(account, request.folder, request.name);
    case Kind::subscribe:
      if (request.on) {
        account.subscriptions.insert(request.name);
      } else {
        account.subscriptions.erase(request.name);
      }
      return;
    case Kind::open_mailbox:
      return;
  }
}

}  // namespace mailtree::histories
