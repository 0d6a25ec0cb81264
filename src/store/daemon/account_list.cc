// SPDX-License-Identifier: Apache-2.0
// <domain>/<hh>/<leaf> read back into names.
#include "store/daemon/account_list.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/encoding.h"
#include "store/daemon/entry.h"
#include "store/daemon/log_file.h"
#include "store/daemon/log_frame.h"
#include "store/daemon/partition.h"

namespace mailtree::store {
namespace {

using loop::Disk;

// Names of the directories in `path`, sorted; none if it is gone.
Result<std::vector<std::string>> directories(Disk& disk, int partition, const std::string& path) {
  const auto directory = disk.open(partition, path, Disk::Access::directory);
  if (!directory) {
    if (loop::is_missing(directory.error())) return std::vector<std::string>{};
    return directory.error();
  }
  auto names = disk.list(directory->get());
  if (!names) return names;
  std::erase_if(*names, [&](const std::string& name) {
    if (name.front() == '.') return true;
    const auto status = disk.status_at(directory->get(), name);
    return !status || !status->is_directory;
  });
  std::sort(names->begin(), names->end());
  return names;
}

// Who a directory belongs to whose name is only a digest, because the uid was too long for one.
std::string uid_in_log(Disk& disk, int partition, const std::string& path) {
  const auto file = disk.open(partition, path + "/" + log_name, Disk::Access::read);
  if (!file) return {};
  const auto octets = loop::read_whole(disk, file->get(), max_log_octets);
  if (!octets) return {};
  const LogScan scan = scan_log(*octets);
  if (scan.frames.empty()) return {};
  const auto commit = decode_commit(scan.frames.front().payload);
  if (!commit || commit->entries.empty()) return {};
  const auto* const named = std::get_if<entry::AccountNamed>(&commit->entries.front());
  return named == nullptr ? std::string() : ascii::to_lower(named->name.uid);
}

Result<void> add_bucket(Disk& disk, int partition, const std::string& domain, const std::string& bucket,
                        ListAccounts::Reply& reply) {
  const auto leaves = directories(disk, partition, bucket);
  if (!leaves) return leaves.error();
  const auto domain_text = path_component_text(domain);
  for (const std::string& leaf : *leaves) {
    const auto uid = leaf.front() == '=' ? uid_in_log(disk, partition, bucket + "/" + leaf)
                                         : path_component_text(leaf).value_or(std::string());
    if (!domain_text) continue;
    const AccountName name{*domain_text, uid, {}};
    if (account_place(name).path() == bucket + "/" + leaf) reply.accounts.push_back(name);
  }
  return {};
}

}  // namespace

Result<ListAccounts::Reply> list_accounts(Disk& disk, int partition, const ListAccounts& request) {
  ListAccounts::Reply reply;
  std::vector<std::string> domains = {path_component(ascii::to_lower(request.domain))};
  if (request.domain.empty()) {
    auto all = directories(disk, partition, ".");
    if (!all) return all.error();
    domains = std::move(*all);
  }
  const std::string last_domain = request.after.substr(0, request.after.find('/'));
  for (const std::string& domain : domains) {
    if (domain < last_domain) continue;
    const auto buckets = directories(disk, partition, domain);
    if (!buckets) return buckets.error();
    for (const std::string& bucket : *buckets) {
      const std::string path = domain + "/" + bucket;
      if (domain == last_domain && path <= request.after) continue;
      if (reply.accounts.size() >= request.limit && !reply.accounts.empty()) {
        return reply;  // `next` is the last directory that is in it
      }
      const auto added = add_bucket(disk, partition, domain, path, reply);
      if (!added) return added.error();
      reply.next = path;
    }
  }
  reply.next.clear();
  return reply;
}

}  // namespace mailtree::store
