// SPDX-License-Identifier: Apache-2.0
// Which requests come how often.
#include "histories/generator.h"

#include <algorithm>

namespace mailtree::histories {
namespace {

constexpr std::uint32_t inbox = 1;
constexpr std::int64_t early_seconds = 300;           // a repetition within them is recognised in any case
constexpr std::int64_t late_seconds = 5 * 24 * 3600;  // and within these if it says that it is one
constexpr std::size_t most_folders = 9;
constexpr std::size_t most_uids = 6;            // of a request
constexpr std::uint32_t beyond_a_batch = 1000;  // no batch gives so many numbers
constexpr std::size_t most_messages = 20;       // of a mailbox; then it is thinned out

}  // namespace

Message Generator::letter() {
  Message message;
  message.content = "letter " + std::to_string(++letters_) + "\r\n";
  // Some begin a conversation, some answer in one, some say nothing of it.
  if (letters_ % 3 != 0) {
    const std::string number = std::to_string(letters_ % 3 == 1 ? letters_ : letters_ / 5);
    message.content += (letters_ % 3 == 1 ? "Message-ID: <" : "References: <") + number + "@histories>\r\n";
  }
  const std::size_t size = dice_.one_in(4) ? 100 + dice_.below(2500) : dice_.below(60);
  message.content.append(size, static_cast<char>('a' + dice_.below(26)));
  message.content += "\r\n";
  message.date = 1'700'000'000 + static_cast<std::int64_t>(dice_.below(80'000'000));
  return message;
}

std::set<std::string> Generator::some_keywords() {
  static constexpr const char* known[] = {"$Forwarded", "$Junk", "work", "later"};
  std::set<std::string> keywords;
  while (dice_.one_in(3)) keywords.insert(known[dice_.below(4)]);
  return keywords;
}

unsigned Generator::some_flags() {
  static constexpr unsigned flags[] = {system_flag::seen, system_flag::answered, system_flag::flagged,
                                       system_flag::draft};
  unsigned some = 0;
  while (dice_.one_in(2)) some |= flags[dice_.below(4)];
  return some;
}

// Few mailboxes see most of it.
std::uint32_t Generator::folder(const Account& account) {
  if (dice_.one_in(2)) return inbox;
  std::vector<std::uint32_t> ids;
  for (const auto& [id, folder] : account.folders) {
    if (folder.id != 0) ids.push_back(id);
  }
  const std::size_t chosen =
      dice_.one_in(3) ? dice_.below(ids.size()) : dice_.below(std::min<std::size_t>(3, ids.size()));
  return ids[chosen];
}

std::set<std::uint32_t> Generator::some_uids(const Folder& folder) {
  std::set<std::uint32_t> uids;
  const std::size_t chance = 1 + dice_.below(4);
  for (const auto& [uid, message] : folder.messages) {
    if (dice_.one_in(chance)) uids.insert(uid);
  }
  while (uids.size() > most_uids)
    uids.erase(std::next(uids.begin(), static_cast<std::ptrdiff_t>(dice_.below(uids.size()))));
  if (dice_.one_in(10)) uids.insert(folder.uidnext + beyond_a_batch);  // does not exist
  return uids;
}

Request Generator::delivery(Account& account, std::int64_t now) {
  Request request;
  request.kind = Kind::deliver;
  request.transaction = ++transactions_;
  request.letters.push_back(letter());
  request.letters.front().keywords = some_keywords();
  const std::uint32_t id = folder(account);
  if (id != inbox) request.name = account.folders.at(id).name;
  account.deliveries[request.transaction] = {request.letters.front(), request.name, false, false, now};
  return request;
}

// Of one that was answered or not, soon or late; a late one says what it is.
Request Generator::repetition(Account& account, std::int64_t now) {
  auto chosen = account.deliveries.begin();
  std::advance(chosen, dice_.below(account.deliveries.size()));
  if (dice_.one_in(2)) {
    for (auto& [transaction, other] : account.deliveries) {  // the likeliest: one without an answer
      if (!other.answered) chosen = account.deliveries.find(transaction);
    }
  }
  auto& [transaction, delivery] = *chosen;
  if (now - delivery.last_try > late_seconds) return this->delivery(account, now);
  Request request;
  request.kind = Kind::deliver;
  request.transaction = transaction;
  request.letters.push_back(delivery.letter);
  request.name = delivery.folder_name;
  request.again = now - delivery.last_try > early_seconds || !dice_.one_in(4);
  return request;
}

Request Generator::about_messages(const Account& account, Kind kind) {
  Request request;
  request.kind = kind;
  request.folder = folder(account);
  request.target = folder(account);
  if (account.folders.at(request.target).messages.size() > most_messages) request.folder = request.target;
  const Folder& source = account.folders.at(request.folder);
  request.uids = some_uids(source);
  if (source.messages.size() > most_messages) {
    request.kind = Kind::expunge;
    request.removal = Removal::exactly;
    for (const auto& [uid, message] : source.messages) {
      if (!dice_.one_in(4)) request.uids.insert(uid);
    }
    return request;
  }
  if (kind == Kind::append) {
    const std::size_t count = dice_.one_in(2) ? 1 : 2 + dice_.below(3);
    for (std::size_t i = 0; i < count; ++i) {
      request.letters.push_back(letter());
      request.letters.back().flags = some_flags();
      request.letters.back().keywords = some_keywords();
    }
    if (dice_.one_in(8)) request.quota = static_cast<std::int64_t>(account.octets() + dice_.below(1000));
  }
  if (kind == Kind::store) {
    request.change = static_cast<Change>(dice_.below(3));
    request.flags = some_flags();
    request.keywords = some_keywords();
    if (dice_.one_in(3)) request.flags |= system_flag::deleted;
  }
  if (kind == Kind::expunge) {
    request.removal = static_cast<Removal>(dice_.below(3));
    // Not all of a mailbox each time.
    while (request.removal == Removal::exactly && request.uids.size() > 3) request.uids.erase(request.uids.begin());
  }
  return request;
}

Request Generator::about_folders(const Account& account, Kind kind) {
  Request request;
  request.kind = kind;
  request.folder = folder(account);
  request.name = "F" + std::to_string(++names_);
  const Folder& parent = account.folders.at(folder(account));
  if (parent.id != inbox && parent.name.size() < 20 && dice_.one_in(3)) request.name = parent.name + "/" + request.name;
  if (dice_.one_in(4)) request.name = "P" + std::to_string(names_) + "/" + request.name;
  if (dice_.one_in(10)) request.name = parent.name;
  request.on = !dice_.one_in(3);
  if (kind == Kind::create && account.folders.size() >= most_folders) request.kind = Kind::remove;
  if (request.kind == Kind::remove && account.folders.size() <= 3) request.kind = Kind::create;
  if (request.kind == Kind::rename && request.folder == inbox && !dice_.one_in(4)) request.kind = Kind::subscribe;
  if (request.kind == Kind::subscribe && dice_.one_in(2)) request.name = parent.name;
  return request;
}

Request Generator::one(Account& account, std::int64_t now) {
  const std::size_t drawn = dice_.below(100);
  if (drawn < 24) return delivery(account, now);
  if (drawn < 32) return account.deliveries.empty() ? delivery(account, now) : repetition(account, now);
  if (drawn < 44) return about_messages(account, Kind::append);
  if (drawn < 54) return about_messages(account, Kind::copy);
  if (drawn < 62) return about_messages(account, Kind::move);
  if (drawn < 74) return about_messages(account, Kind::store);
  if (drawn < 83) return about_messages(account, Kind::expunge);
  if (drawn < 86) return about_messages(account, Kind::open_mailbox);
  if (drawn < 90) return about_folders(account, Kind::create);
  if (drawn < 93) return about_folders(account, Kind::remove);
  if (drawn < 96) return about_folders(account, Kind::rename);
  return about_folders(account, Kind::subscribe);
}

std::vector<Request> Generator::batch(Account& account, std::int64_t now) {
  const auto alone = [](const Request& request) { return request.again || request.kind == Kind::open_mailbox; };
  std::vector<Request> requests = {one(account, now)};
  const std::size_t wanted = dice_.one_in(2) ? 1 : 2 + dice_.below(3);
  while (!alone(requests.front()) && requests.size() < wanted) {
    Request next = one(account, now);
    if (!alone(next)) requests.push_back(std::move(next));
  }
  return requests;
}

}  // namespace mailtree::histories
