// SPDX-License-Identifier: Apache-2.0
// Comparing what is seen with every account that it may be.
#include "histories/judgement.h"

#include <algorithm>

namespace mailtree::histories {
namespace {

bool same_message(const Message& expected, const Message& got) {
  const unsigned judged = ~expected.loose_flags;
  return expected.content == got.content && ((expected.flags ^ got.flags) & judged) == 0 &&
         (expected.keywords == got.keywords || (expected.taken_in && got.keywords.empty())) &&
         (expected.date == 0 || expected.date == got.date) &&
         (expected.object_ids.empty() || expected.object_ids == got.object_ids);
}

std::string describe(const Message& message) {
  std::string text = '"' + message.content.substr(0, message.content.find('\r')) + "\" flags " +
                     std::to_string(message.flags) + " date " + std::to_string(message.date) + " id " +
                     message.object_ids + " keywords";
  for (const std::string& keyword : message.keywords) text += ' ' + keyword;
  return text;
}

// What a power cut may leave of a file that was never synced.
bool is_torn(const std::string& whole, const std::string& got) {
  if (got.size() > whole.size()) return false;
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (got[i] != '\0' && got[i] != whole[i]) return false;
  }
  return true;
}

// The file of another program that this is; the end if it is none.
auto foreign_of(const Folder& folder, const std::string& content) {
  const auto exact = folder.foreign.find(content);
  if (exact != folder.foreign.end()) return exact;
  return std::find_if(folder.foreign.begin(), folder.foreign.end(),
                      [&content](const auto& entry) { return !entry.second && is_torn(entry.first, content); });
}

// "Work" for "Work" and "Work-2": a folder whose creation was not answered may come late, under a free name; or under
// that of its directory, "#6", which the store may have chosen.
bool is_late_name(const std::string& name, const std::string& wanted) {
  return name == wanted || name.starts_with(wanted + "-") || name.starts_with("#");
}

}  // namespace

void Judge::answered(const Request& request, const Reply& reply, std::vector<std::string>& complaints) {
  apply(known_, request, reply, complaints);
  observer_.answered(request, reply);
}

void Judge::unanswered(const Request& request) {
  open_.push_back(request);
  std::set<std::string> contents;
  for (const Message& letter : request.letters) contents.insert(letter.content);
  unanswered_content_.insert(contents.begin(), contents.end());
  if (request.kind == Kind::append) {
    for (const std::string& content : contents) appended_with_[content] = contents;
  }
  const auto removed = known_.folders.find(request.folder);
  if (request.kind == Kind::remove && removed != known_.folders.end()) {
    // What was being delivered there may have come and gone with it.
    for (auto& [transaction, delivery] : known_.deliveries) {
      delivery.seen = delivery.seen || delivery.folder_name == removed->second.name;
    }
  }
  if (request.kind != Kind::create && request.kind != Kind::rename) return;
  for (std::size_t at = request.name.find('/'); at != std::string::npos; at = request.name.find('/', at + 1)) {
    unanswered_folders_.insert(request.name.substr(0, at));
  }
  unanswered_folders_.insert(request.name);
}

void Judge::foreign_file(std::uint32_t folder, const std::string& content, bool durable) {
  const auto found = known_.folders.find(folder);
  if (found != known_.folders.end()) found->second.foreign[content] = durable;
}

void Judge::foreign_flags(std::uint32_t folder, std::uint32_t uid, unsigned flags) {
  const auto found = known_.folders.find(folder);
  if (found == known_.folders.end()) return;
  const auto message = found->second.messages.find(uid);
  if (message != found->second.messages.end()) message->second.loose_flags |= flags;
}

// What nobody asked for in this way, but may be: mail whose acceptance was not answered, once.
bool Judge::may_appear(const Account& candidate, const Message& message) const {
  return unanswered_content_.contains(message.content) && candidate.copies_of(message.content) == 0;
}

bool Judge::is_whole(const std::set<std::string>& appeared, std::string& missing) const {
  for (const std::string& content : appeared) {
    const auto set = appended_with_.find(content);
    if (set == appended_with_.end()) continue;
    for (const std::string& other : set->second) {
      if (appeared.contains(other)) continue;
      missing = other.substr(0, other.find('\r'));
      return false;
    }
  }
  return true;
}

bool Judge::folder_matches(const Account& candidate, const Folder& expected, const Folder& got,
                           std::string& why) const {
  const auto no = [&](const std::string& text) {
    why = got.name + ": " + text;
    return false;
  };
  if (expected.name != got.name) return no("was called " + expected.name);
  if (expected.uidvalidity != 0 && expected.uidvalidity != got.uidvalidity) return no("another uidvalidity");
  if (!expected.object_id.empty() && expected.object_id != got.object_id) return no("another object id");
  for (const auto& [uid, message] : expected.messages) {
    const auto found = got.messages.find(uid);
    if (found == got.messages.end()) return no("lost uid " + std::to_string(uid) + " " + describe(message));
    if (!same_message(message, found->second)) {
      return no("uid " + std::to_string(uid) + " is " + describe(found->second) + " instead of " + describe(message));
    }
    if (found->second.modseq < message.modseq) return no("modseq went back");
  }
  std::vector<bool> matched(expected.arrivals.size(), false);
  std::set<std::string> appeared;
  for (const auto& [uid, message] : got.messages) {
    if (expected.messages.contains(uid)) continue;
    bool known = false;
    for (std::size_t i = 0; !known && i < expected.arrivals.size(); ++i) {
      if (matched[i] || !same_message(expected.arrivals[i], message)) continue;
      known = matched[i] = true;
    }
    if (uid < expected.seen_uidnext)
      return no("uid " + std::to_string(uid) + " came below uidnext: " + describe(message));
    if (known) continue;
    const auto foreign = foreign_of(expected, message.content);
    if (foreign != expected.foreign.end()) {
      appeared.insert(foreign->first);
      continue;
    }
    if (!may_appear(candidate, message) || !appeared.insert(message.content).second) {
      return no("unasked uid " + std::to_string(uid) + " " + describe(message));
    }
  }
  std::string missing;
  if (!is_whole(appeared, missing)) return no("half of what was appended came, without " + missing);
  for (std::size_t i = 0; i < matched.size(); ++i) {
    if (!matched[i]) return no("lost " + describe(expected.arrivals[i]));
  }
  for (const auto& [content, durable] : expected.foreign) {
    if (fresh_ && durable && !appeared.contains(content)) return no("lost the foreign " + content.substr(0, 20));
  }
  return true;
}

bool Judge::matches(const Account& candidate, const Seen& seen, std::string& why) const {
  std::set<std::uint32_t> matched;
  std::set<std::string> new_folders = candidate.new_folders;
  for (const auto& [id, expected] : candidate.folders) {
    auto got = seen.folders.find(id);
    if (expected.id == 0) {
      got = std::find_if(seen.folders.begin(), seen.folders.end(),
                         [&name = expected.name](const auto& entry) { return entry.second.folder.name == name; });
    }
    if (got == seen.folders.end()) {
      why = "lost the folder " + expected.name;
      return false;
    }
    matched.insert(got->first);
    if (!folder_matches(candidate, expected, got->second.folder, why)) return false;
  }
  for (const auto& [id, got] : seen.folders) {
    if (matched.contains(id)) continue;
    const std::string& name = got.folder.name;
    const bool expected = new_folders.erase(name) > 0;
    const bool late = std::any_of(unanswered_folders_.begin(), unanswered_folders_.end(),
                                  [&name](const std::string& wanted) { return is_late_name(name, wanted); });
    if (!expected && !late) {
      why = "unasked folder " + name;
      return false;
    }
    for (const auto& [uid, message] : got.folder.messages) {
      if (may_appear(candidate, message)) continue;
      why = "unasked in the new folder " + name + ": " + describe(message);
      return false;
    }
  }
  if (!new_folders.empty()) {
    why = "lost the new folder " + *new_folders.begin();
    return false;
  }
  for (const std::string& name : candidate.subscriptions) {
    if (seen.subscriptions.contains(name)) continue;
    why = "lost the subscription of " + name;
    return false;
  }
  for (const std::string& name : seen.subscriptions) {
    const bool late = std::any_of(unanswered_folders_.begin(), unanswered_folders_.end(),
                                  [&name](const std::string& wanted) { return is_late_name(name, wanted); });
    if (candidate.subscriptions.contains(name) || late) continue;
    why = "unasked subscription of " + name;
    return false;
  }
  return true;
}

void Judge::check_numbers(const Seen& seen, std::vector<std::string>& complaints) {
  std::uint64_t octets = 0;
  std::uint64_t messages = 0;
  if (seen.modseq < known_.modseq) complaints.push_back("the modseq of the account went back");
  for (const auto& [id, got] : seen.folders) {
    const Folder& folder = got.folder;
    const auto known = known_.folders.find(id);
    if (known != known_.folders.end() && folder.modseq < known->second.modseq) {
      complaints.push_back(folder.name + ": highestmodseq went back");
    }
    if (known != known_.folders.end() && folder.uidnext < known->second.uidnext) {
      complaints.push_back(folder.name + ": uidnext went back");
    }
    for (const auto& [uid, message] : folder.messages) {
      ++messages;
      octets += message.content.size();
    }
  }
  if (octets != seen.octets || messages != seen.messages) complaints.push_back("the totals are not those of the mail");
}

// Each client has its copy from the last look and asks what changed since: it must then have what is there.
void Judge::check_clients(const Seen& seen, std::vector<std::string>& complaints) {
  for (const auto& [id, got] : seen.folders) {
    Client& client = clients_[id];
    std::map<std::uint32_t, unsigned> there;
    for (const auto& [uid, message] : got.folder.messages) there[uid] = message.flags;
    if (client.uidvalidity == got.folder.uidvalidity && !got.changes.forgotten) {
      for (const std::uint32_t uid : got.changes.vanished) client.flags.erase(uid);
      for (const auto& [uid, flags] : got.changes.changed) client.flags[uid] = flags;
      if (client.flags != there) complaints.push_back(got.folder.name + ": the changes since a modseq are not all");
    }
    client = {got.folder.uidvalidity, got.folder.modseq, std::move(there)};
  }
}

std::uint64_t Judge::client_modseq(std::uint32_t folder, std::uint32_t uidvalidity) const {
  const auto client = clients_.find(folder);
  return client == clients_.end() || client->second.uidvalidity != uidvalidity ? 0 : client->second.modseq;
}

void Judge::check_aside(const Seen& seen, std::vector<std::string>& complaints) {
  for (const auto& [name, content] : aside_) {
    const auto found = seen.aside.find(name);
    if (found == seen.aside.end()) {
      complaints.push_back("aside/" + name + " was lost");
    } else if (found->second != content) {
      complaints.push_back("aside/" + name + " has another content: " + found->second.substr(0, 20) + " instead of " +
                           content.substr(0, 20));
    }
  }
  // Nothing here damages a log: no cut may leave one that has to be rebuilt, however well that went.
  for (const auto& [name, content] : seen.aside) {
    if (name.starts_with("log")) complaints.push_back("aside/" + name + ": a log was taken for damaged");
  }
  aside_ = seen.aside;
}

// Who opens a message must find its file at once, unless another program has just renamed it.
void Judge::check_names(const Seen& seen, std::vector<std::string>& complaints) const {
  for (const auto& [id, got] : seen.folders) {
    const auto folder = known_.folders.find(id);
    for (const auto& [uid, message] : got.folder.messages) {
      if (!message.misnamed) continue;
      const auto* const known = folder == known_.folders.end() ? nullptr : &folder->second.messages;
      if (known != nullptr && known->contains(uid) && known->at(uid).loose_flags != 0) continue;
      complaints.push_back(got.folder.name + ": the file of uid " + std::to_string(uid) + " has another name");
    }
  }
}

void Judge::adopt(const Account& candidate, const Seen& seen) {
  Account next;
  next.subscriptions = seen.subscriptions;
  next.modseq = seen.modseq;
  next.deliveries = candidate.deliveries;
  for (auto& [transaction, delivery] : next.deliveries) {
    for (const auto& [id, got] : seen.folders) {
      for (const auto& [uid, message] : got.folder.messages) {
        delivery.seen = delivery.seen || message.content == delivery.letter.content;
      }
    }
  }
  for (const auto& [id, got] : seen.folders) {
    Folder folder = got.folder;
    const auto before = candidate.folders.find(id);
    if (before != candidate.folders.end()) {
      for (auto& [uid, message] : folder.messages) {
        const auto known = before->second.messages.find(uid);
        if (known != before->second.messages.end()) message.loose_flags = known->second.loose_flags;
      }
      for (const auto& [content, durable] : before->second.foreign) {
        const bool appeared =
            std::any_of(folder.messages.begin(), folder.messages.end(),
                        [&wanted = content](const auto& entry) { return entry.second.content == wanted; });
        if (!appeared) folder.foreign[content] = durable;
      }
    }
    next.folders.emplace(id, std::move(folder));
  }
  known_ = std::move(next);
  open_.clear();
  // Once is often enough.
  for (const auto& [id, got] : seen.folders) {
    for (const auto& [uid, message] : got.folder.messages) unanswered_content_.erase(message.content);
  }
}

std::optional<Account> Judge::explain(const Seen& seen, const std::vector<Request>& open, std::string& why) const {
  std::string first_reason;
  const std::size_t all = std::size_t{1} << std::min<std::size_t>(open.size(), 10);
  for (std::size_t subset = 0; subset < all; ++subset) {
    Account candidate = known_;
    for (std::size_t i = 0; i < open.size(); ++i) {
      if ((subset >> i & 1) != 0) apply_unanswered(candidate, open[i]);
    }
    if (matches(candidate, seen, why)) return candidate;
    if (subset == 0) first_reason = why;
  }
  if (all > 1) first_reason += "; or with all of the " + std::to_string(open.size()) + " open requests: " + why;
  why = first_reason;
  return std::nullopt;
}

void Judge::observe(const Seen& seen, const std::vector<Request>& open, std::vector<std::string>& complaints) {
  std::map<std::uint32_t, Folder> folders;
  for (const auto& [id, got] : seen.folders) folders.emplace(id, got.folder);
  observer_.see(folders, seen.modseq, open, complaints);
  check_numbers(seen, complaints);
}

void Judge::watch(const Seen& seen, const std::vector<Request>& in_flight, std::vector<std::string>& complaints) {
  std::vector<Request> open = open_;
  open.insert(open.end(), in_flight.begin(), in_flight.end());
  const std::size_t before = complaints.size();
  observe(seen, open, complaints);
  fresh_ = false;
  std::string why;
  if (born_ && !explain(seen, open, why)) complaints.push_back(why);
  if (complaints.size() != before) complaints.emplace_back("(seen in the index, without a look)");
}

void Judge::look(const Seen& seen, bool fresh, std::vector<std::string>& complaints) {
  observe(seen, open_, complaints);
  check_clients(seen, complaints);
  check_aside(seen, complaints);
  check_names(seen, complaints);
  fresh_ = fresh;
  std::string why;
  const auto explained = born_ ? explain(seen, open_, why) : std::optional<Account>(known_);
  if (!explained) complaints.push_back(why);
  born_ = true;
  adopt(explained ? *explained : known_, seen);
}

}  // namespace mailtree::histories
