// SPDX-License-Identifier: Apache-2.0
#include "bench/store_populate.h"

#include <fcntl.h>

#include <ctime>

#include "store/daemon/account.h"
#include "store/daemon/log_file.h"
#include "store/daemon/operations/operations.h"
#include "store/daemon/partition.h"
#include "store/daemon/plan.h"

namespace mailtree::bench {
namespace {

using store::AccountState;

constexpr std::uint32_t links_a_file = 60000;

// Writes that nobody waits for: what is made here is measured later, not promised to anybody.
class HastyDisk final : public loop::RealDisk {
 public:
  Result<void> sync_data(int) override { return {}; }
  Result<void> sync_directory(int) override { return {}; }
  Result<void> sync_file_system(int) override { return {}; }
  Result<void> check_synced(int) override { return {}; }
};

std::string message_text(std::uint32_t octets) {
  std::string text =
      "Return-Path: <sender@example.org>\r\nReceived: from a.example.org by mx.test; Fri, 27 Nov 2026 10:00:00 "
      "+0000\r\n"
      "From: Somebody <sender@example.org>\r\nTo: Reader <reader@example.org>\r\nSubject: A message of many\r\n"
      "Message-ID: <m@example.org>\r\nDate: Fri, 27 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n"
      "Content-Type: text/plain; charset=us-ascii\r\n\r\n";
  const std::string line = "The quick brown fox jumps over the lazy dog, again and again and again.\r\n";
  while (text.size() + line.size() <= octets) text += line;
  return text;
}

// Links to one file as long as the file system allows: a million messages are a million names, not a million files.
class Source {
 public:
  Source(loop::Disk& disk, int directory, std::string text)
      : disk_(disk), directory_(directory), text_(std::move(text)) {}

  Result<void> link(int cur, const std::string& name) {
    if (!file_ || links_ >= links_a_file) {
      auto file = disk_.open_unnamed(directory_);
      if (!file) return file.error();
      auto written = disk_.write_at(file->get(), text_, 0);
      if (!written) return written;
      file_ = std::move(*file);
      links_ = 0;
    }
    ++links_;
    return disk_.link_open_file(file_.get(), cur, name);
  }
  [[nodiscard]] std::uint64_t size() const { return text_.size(); }

 private:
  loop::Disk& disk_;
  int directory_;
  std::string text_;
  UniqueFd file_;
  std::uint32_t links_ = 0;
};

Result<void> add_messages(loop::Disk& disk, int account, AccountState& state, Source& source, std::uint32_t messages) {
  const store::Folder& inbox = *state.find(store::inbox_folder);
  const auto cur = disk.open(account, inbox.directory + "/cur", loop::Disk::Access::directory);
  if (!cur) return cur.error();
  const std::int64_t now = std::time(nullptr);
  for (std::uint32_t i = 0; i < messages; ++i) {
    store::Message message;
    message.uid = inbox.uidnext;
    message.unique = store::new_unique();
    message.flags = message.name_flags = i % 10 == 0 ? std::uint8_t{0} : store::flag::seen;
    message.modseq = state.modseq + 1;
    message.internal_date = message.save_date = now - messages + i;
    message.size = message.crlf_size = source.size();
    const auto linked = source.link(cur->get(), name_of(state, inbox, message));
    if (!linked) return linked;
    const auto applied = apply(state, store::entry::Arrived{store::inbox_folder, message, {}}, now);
    if (!applied) return applied;
  }
  return {};
}

}  // namespace

store::AccountName account_name(std::uint32_t domain, std::uint32_t user) {
  store::AccountName name;
  name.domain = "d" + std::to_string(domain) + ".test";
  name.uid = "user" + std::to_string(user);
  name.entry_uuid = "entry-" + std::to_string(domain) + "-" + std::to_string(user);
  return name;
}

Result<void> populate(const std::string& path, const Population& population) {
  HastyDisk disk;
  const auto created = store::Partition::create(disk, path);
  if (!created) return created;
  const auto partition = store::Partition::open(disk, path, "bench.test");
  if (!partition) return partition.error();
  const std::int64_t now = std::time(nullptr);
  Source source(disk, (*partition)->directory(), message_text(population.octets));
  for (std::uint32_t domain = 0; domain < population.domains; ++domain) {
    for (std::uint32_t user = 0; user < population.users; ++user) {
      const store::AccountName name = account_name(domain, user);
      auto made = create_account(**partition, store::account_place(name), name, now);
      if (!made) return made.error();
      if (population.messages == 0) continue;
      auto done = add_messages(disk, made->directory.get(), made->state, source, population.messages);
      if (!done) return done;
      const auto log =
          store::LogFile::replace(disk, made->directory.get(), (*partition)->generation(), made->state, now);
      if (!log) return log.error();
      (*partition)->usage().change(store::account_place(name), {}, made->state.totals);
    }
  }
  // Nothing is to be counted by the next process: all was.
  static_cast<void>((*partition)->usage().begin());
  (*partition)->usage().end(true);
  const auto usage = (*partition)->usage().text((*partition)->generation(), true);
  const auto noted = (*partition)->write(store::usage_file, usage);
  if (!noted) return noted;
  return (*partition)->release();
}

Result<void> fill(const std::string& account_directory, std::uint32_t messages, std::uint32_t octets) {
  HastyDisk disk;
  const UniqueFd directory(::open(account_directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return Error::temporary(Condition::storage, "cannot open " + account_directory);
  auto loaded = store::LogFile::load(disk, directory.get(), std::nullopt, std::nullopt);
  if (!loaded) return loaded.error();
  Source source(disk, directory.get(), message_text(octets));
  const auto done = add_messages(disk, directory.get(), loaded->state, source, messages);
  if (!done) return done;
  // The generation only has to be no lower than that of the partition's owner: 0 is that of a log of its own.
  const auto log = store::LogFile::replace(disk, directory.get(), 0, loaded->state, std::time(nullptr));
  if (!log) return log.error();
  return {};
}

}  // namespace mailtree::bench
