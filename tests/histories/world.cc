// SPDX-License-Identifier: Apache-2.0
// Driving the store.
#include "histories/world.h"

#include <cstdlib>
#include <filesystem>
#include <functional>

#include "store/daemon/operations/operations.h"
#include "store/daemon/receive.h"

namespace mailtree::histories {
namespace {

constexpr std::size_t index_octets = std::size_t{64} << 20;
const std::string host = "host.test";

store::UidSet set_of(const std::set<std::uint32_t>& uids) {
  store::UidSet set;
  for (const std::uint32_t uid : uids) store::add_uid(set, uid);
  return set;
}

std::vector<std::string> list_of(const std::set<std::string>& words) {
  return {words.begin(), words.end()};
}

std::string real_directory() {
  std::string name = std::filesystem::exists("/dev/shm") ? "/dev/shm/histories.XXXXXX" : "/tmp/histories.XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) std::abort();
  return name;
}

}  // namespace

// An operation, and how its reply is read once it is done.
struct World::Asked {
  std::shared_ptr<store::Operation> operation;
  std::function<void(Reply&)> read;
};

// Both lie in the same bucket of the partition.
store::AccountName World::name_of_account(std::size_t number) {
  const std::string uid = number == 0 ? "ann" : "otto";
  return {"alpha.test", uid, "uuid-of-" + uid};
}

std::vector<std::uint32_t> World::uids_of(const store::UidSet& set) {
  std::vector<std::uint32_t> uids;
  for (const store::UidRange& range : set) {
    for (std::uint32_t uid = range.first;; ++uid) {
      uids.push_back(uid);
      if (uid == range.last) break;
    }
  }
  return uids;
}

World::World(bool forgetful_directories)
    : directory_(real_directory()),
      forgetful_directories_(forgetful_directories),
      keys_{store::account_key(name_of_account(0)), store::account_key(name_of_account(1))} {
  begin_anew();
}

World::~World() {
  stop();
  std::filesystem::remove_all(directory_);
}

void World::begin_anew() {
  stop();
  disk_ = std::make_unique<test::SimulatedDisk>();
  disk_->set_directories_forget(forgetful_directories_);
  limits_ = {};
  folder_paths_.clear();
  clock_.now = 1'790'000'000;
  std::filesystem::remove_all(directory_ + "/index");
  phase_ = "create";
  if (!store::Partition::create(*disk_, directory_)) std::abort();
}

std::string World::account_path(std::size_t number) const {
  return store::account_place(name_of_account(number)).path();
}

std::string World::folder_path(std::size_t number, std::uint32_t folder) const {
  const auto found = folder_paths_.find({number, folder});
  return found == folder_paths_.end() ? std::string() : found->second;
}

bool World::start(bool without_index) {
  phase_ = "start";
  if (without_index) std::filesystem::remove_all(directory_ + "/index");
  auto partition = store::Partition::open(*disk_, directory_, host);
  if (!partition) return false;
  partition_ = std::move(*partition);
  store::IndexOptions options = store::index_options(*partition_, directory_ + "/index");
  options.map_bytes = index_octets;
  auto index = store::IndexWriter::open(options);
  if (!index) std::abort();
  index_ = std::move(*index);
  auto reader = store::IndexReader::open(index_->path());
  if (!reader) std::abort();
  reader_ = std::move(*reader);
  return !disk_->is_dead();
}

void World::stop() {
  glanced_ = {};
  accounts_.clear();
  reader_.reset();
  index_.reset();
  partition_.reset();
}

store::Account& World::account(std::size_t number) {
  std::unique_ptr<store::Account>& account = accounts_[number];
  if (!account) {
    account = std::make_unique<store::Account>(*partition_, *index_, clock_, name_of_account(number), limits_);
  }
  return *account;
}

std::shared_ptr<UniqueFd> World::file_with(const std::string& content) {
  auto file = disk_->open_unnamed(partition_->directory());
  if (!file || !disk_->write_at(file->get(), content, 0)) return nullptr;
  return std::make_shared<UniqueFd>(std::move(*file));
}

namespace {

// An operation without files, whose reply `read` understands.
template <typename Op, typename Read>
std::pair<std::shared_ptr<store::Operation>, std::function<void(Reply&)>> plain(typename Op::Request request,
                                                                                Read read) {
  const auto operation = std::make_shared<Op>(std::move(request));
  return {operation, [operation, read](Reply& reply) { read(operation->reply, reply); }};
}

void read_copies(const store::CopyResult& result, Reply& reply) {
  reply.uidvalidity = result.uidvalidity;
  reply.uids = World::uids_of(result.source);
  reply.targets = World::uids_of(result.target);
  reply.modseq = result.modseq;
}

}  // namespace

// Without an operation: the files could not be received.
World::Asked World::make(std::size_t number, const Request& request) {
  const store::AccountName name = name_of_account(number);
  const auto asked = [](auto made) { return Asked{std::move(made.first), std::move(made.second)}; };
  const auto uids = set_of(request.uids);
  const auto keywords = list_of(request.keywords);
  const store::Quota quota{request.quota, -1};
  switch (request.kind) {
    case Kind::deliver: {
      const Message& letter = request.letters.front();
      const auto deliver = std::make_shared<store::Deliver>();
      for (std::size_t i = 0; i < 8; ++i) deliver->transaction[i] = (request.transaction >> 8 * i) & 0xFF;
      deliver->size = letter.content.size();
      deliver->again = request.again;
      deliver->received_at = letter.date;
      store::DeliverRecipient recipient{
          name, request.name, false, 0, static_cast<std::uint8_t>(letter.flags), list_of(letter.keywords)};
      deliver->recipients.push_back(recipient);
      const auto file = file_with(letter.content);
      if (!file) return {};
      const auto received = store::receive_files(*disk_, {file}, {deliver->size});
      if (!received) return {};
      const auto operation = std::make_shared<store::DeliverOperation>(deliver, 0, received->front());
      return {operation, [operation](Reply& reply) {
                reply.duplicate = operation->result.duplicate;
                reply.folder = operation->result.folder;
                reply.uids = {operation->result.uid};
              }};
    }
    case Kind::append: {
      store::Append append;
      append.account = name;
      append.folder = request.folder;
      append.quota = quota;
      store::ReceivedFiles files;
      std::vector<std::uint64_t> sizes;
      for (const Message& letter : request.letters) {
        append.messages.push_back(
            {letter.content.size(), 0, letter.date, static_cast<std::uint8_t>(letter.flags), list_of(letter.keywords)});
        files.emplace_back(file_with(letter.content));
        sizes.push_back(letter.content.size());
        if (!files.back().file) return {};
      }
      const auto received = store::receive_files(*disk_, files, sizes);
      if (!received) return {};
      const auto operation = std::make_shared<store::AppendOperation>(append, *received);
      return {operation, [operation](Reply& reply) {
                reply.uidvalidity = operation->reply.uidvalidity;
                reply.uids = uids_of(operation->reply.uids);
                reply.modseq = operation->reply.modseq;
              }};
    }
    case Kind::copy:
      return asked(plain<store::CopyOperation>({name, request.folder, uids, request.target, quota}, read_copies));
    case Kind::move:
      return asked(plain<store::MoveOperation>({name, request.folder, uids, request.target}, read_copies));
    case Kind::store: {
      store::Store store{name,
                         request.folder,
                         uids,
                         static_cast<std::uint8_t>(request.change),
                         static_cast<std::uint8_t>(request.flags),
                         keywords};
      return asked(plain<store::StoreOperation>(std::move(store), [](const auto& got, Reply& reply) {
        reply.uids = uids_of(got.changed);
        reply.modseq = got.modseq;
      }));
    }
    case Kind::expunge: {
      store::Expunge expunge{name, request.folder, static_cast<std::uint8_t>(request.removal), uids};
      return asked(plain<store::ExpungeOperation>(std::move(expunge), [](const auto& got, Reply& reply) {
        reply.uids = uids_of(got.expunged);
        reply.modseq = got.modseq;
      }));
    }
    case Kind::create:
      return asked(
          plain<store::CreateFolderOperation>({name, request.name, 0, false}, [](const auto& got, Reply& reply) {
            reply.folder = got.folder;
            reply.uidvalidity = got.uidvalidity;
            reply.object_id = got.object_id;
          }));
    case Kind::remove:
      return asked(plain<store::DeleteFolderOperation>(
          {name, request.folder}, [](const auto& got, Reply& reply) { reply.modseq = got.modseq; }));
    case Kind::rename:
      return asked(plain<store::RenameFolderOperation>(
          {name, request.folder, request.name}, [](const auto& got, Reply& reply) { reply.modseq = got.modseq; }));
    case Kind::subscribe:
      return asked(plain<store::SubscribeOperation>({name, request.name, request.on}, [](const auto&, Reply&) {}));
    case Kind::open_mailbox: {
      store::OpenMailbox open;
      open.account = name;
      open.folder = request.folder;
      open.read_write = true;
      return asked(plain<store::OpenMailboxOperation>(
          std::move(open), [](const auto& got, Reply& reply) { reply.uidvalidity = got.uidvalidity; }));
    }
  }
  std::abort();
}

std::vector<Reply> World::run(std::size_t number, const std::vector<Request>& requests) {
  phase_ = name_of(requests.front().kind);
  std::vector<Asked> all;
  std::vector<std::shared_ptr<store::Operation>> operations;
  for (const Request& request : requests) {
    all.push_back(make(number, request));
    if (all.back().operation) operations.push_back(all.back().operation);
  }
  if (!operations.empty()) account(number).run(operations);
  std::vector<Reply> replies(requests.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!all[i].operation) continue;
    const Result<void>& outcome = all[i].operation->outcome;
    if (outcome) {
      replies[i].outcome = Reply::Class::ok;
      all[i].read(replies[i]);
    } else {
      const bool definite = outcome.error().kind != mailtree::Kind::temporary;
      replies[i].outcome = definite ? Reply::Class::refused : Reply::Class::failed;
      replies[i].detail = outcome.error().detail + outcome.error().reply;
    }
  }
  static_cast<void>(account(number).take_notices());
  return replies;
}

void World::clean_up(std::size_t number) {
  phase_ = "clean_up";
  if (account(number).needs_clean_up()) account(number).clean_up();
}

void World::show_flags(std::size_t number) {
  phase_ = "show_flags";
  store::NamePass pass;
  pass.account = name_of_account(number);
  while (!pass.finished) account(number).show_flags(pass, 3);
}

}  // namespace mailtree::histories
