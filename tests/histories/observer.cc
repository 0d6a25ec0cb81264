// SPDX-License-Identifier: Apache-2.0
// Comparing each look with all before it.
#include "histories/observer.h"

#include <algorithm>

namespace mailtree::histories {
namespace {

constexpr std::uint32_t inbox = 1;

// Whether the request, if it happened, takes the message away.
bool takes_away(const Request& request, std::uint32_t folder, std::uint32_t uid) {
  if (request.folder != folder) return false;
  switch (request.kind) {
    case Kind::move:
      return request.uids.contains(uid);
    case Kind::expunge:
      return request.removal == Removal::deleted_all || request.uids.contains(uid);
    case Kind::remove:
      return true;
    case Kind::rename:
      return folder == inbox;
    default:
      return false;
  }
}

bool is_asked_for(const std::vector<Request>& asked, std::uint32_t folder, std::uint32_t uid) {
  return std::any_of(asked.begin(), asked.end(), [&](const Request& r) { return takes_away(r, folder, uid); });
}

}  // namespace

void Observer::forget(Folder& folder, std::uint32_t uid) {
  folder.messages.erase(uid);
  gone_.emplace(folder.uidvalidity, uid);
}

void Observer::answered(const Request& request, const Reply& reply) {
  const auto found = folders_.find(request.folder);
  if (found == folders_.end()) return;
  Folder& folder = found->second;
  if (request.kind == Kind::move || request.kind == Kind::expunge) {
    for (const std::uint32_t uid : reply.uids) forget(folder, uid);
  }
  const bool all = request.kind == Kind::remove || (request.kind == Kind::rename && folder.id == inbox);
  while (all && !folder.messages.empty()) forget(folder, folder.messages.begin()->first);
  if (request.kind == Kind::remove) folders_.erase(found);
}

void Observer::see_folder(const Folder& before, const Folder& now, const std::vector<Request>& asked,
                          std::vector<std::string>& complaints) {
  const auto complain = [&](const std::string& text) { complaints.push_back(now.name + ": " + text); };
  if (now.uidvalidity != before.uidvalidity) return complain("another uidvalidity than was seen");
  if (now.modseq < before.modseq) complain("highestmodseq went back");
  if (now.uidnext < before.uidnext) complain("uidnext went back");
  for (const auto& [uid, message] : before.messages) {
    const std::string number = "uid " + std::to_string(uid);
    const auto found = now.messages.find(uid);
    if (found == now.messages.end()) {
      if (!is_asked_for(asked, now.id, uid)) complain(number + " was seen and vanished unasked");
      gone_.emplace(now.uidvalidity, uid);
    } else if (found->second.modseq < message.modseq) {
      complain("the modseq of " + number + " went back");
    } else if (found->second.modseq == message.modseq && found->second.flags != message.flags) {
      complain("the flags of " + number + " changed without a new modseq");
    }
  }
  for (const auto& [uid, message] : now.messages) {
    if (uid < before.uidnext && !before.messages.contains(uid) && !gone_.contains({now.uidvalidity, uid})) {
      complain("uid " + std::to_string(uid) + " came below a uidnext that was seen");
    }
  }
}

void Observer::see_messages(const Folder& now, std::vector<std::string>& complaints) {
  for (const auto& [uid, message] : now.messages) {
    const std::string number = now.name + ": uid " + std::to_string(uid);
    if (uid >= now.uidnext) complaints.push_back(number + " is not below uidnext");
    if (message.modseq > now.modseq) complaints.push_back(number + " has a modseq above highestmodseq");
    if (gone_.contains({now.uidvalidity, uid})) complaints.push_back(number + " was seen gone and came back");
    const auto [before, first] = contents_.emplace(Number(now.uidvalidity, uid), message.content);
    if (!first && before->second != message.content) complaints.push_back(number + " changed its content");
  }
}

void Observer::see(const std::map<std::uint32_t, Folder>& folders, std::uint64_t modseq,
                   const std::vector<Request>& asked, std::vector<std::string>& complaints) {
  if (modseq < modseq_) complaints.emplace_back("the modseq of the account went back");
  modseq_ = modseq;
  for (const auto& [id, before] : folders_) {
    const auto now = folders.find(id);
    if (now != folders.end()) {
      see_folder(before, now->second, asked, complaints);
      continue;
    }
    const bool removed = std::any_of(asked.begin(), asked.end(), [folder = id](const Request& request) {
      return request.kind == Kind::remove && request.folder == folder;
    });
    if (!removed) complaints.push_back("the folder " + before.name + " was seen and vanished unasked");
  }
  for (const auto& [id, now] : folders) {
    const auto [owner, fresh] = uidvalidities_.emplace(now.uidvalidity, id);
    if (!fresh && owner->second != id) complaints.push_back(now.name + ": uidvalidity of another folder");
    see_messages(now, complaints);
  }
  folders_ = folders;
}

}  // namespace mailtree::histories
