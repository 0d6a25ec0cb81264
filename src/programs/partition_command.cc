// SPDX-License-Identifier: Apache-2.0
// Makes the directory as root, and the partition as the user that will own it.
#include "programs/partition_command.h"

#include <unistd.h>

#include "loop/disk.h"
#include "loop/sandbox.h"
#include "programs/startup.h"
#include "store/daemon/partition.h"

namespace mailtree::programs {

Result<void> create_partition(const config::Settings& settings, const std::string& name) {
  const config::Partition* const partition = settings.partition(name);
  if (partition == nullptr || partition->name != name) {
    return Error::permanent(Condition::no_such_mailbox, "",
                            "there is no [partitions." + name + "] in the configuration");
  }
  constexpr unsigned for_us_alone = 0700;
  const bool change = geteuid() == 0 && !settings.users.store.empty();
  loop::User user;
  if (change) {
    const auto found = loop::find_user(settings.users.store);
    if (!found) return found.error();
    user = *found;
  }
  if (auto made = make_directory(partition->path, for_us_alone, change ? &user : nullptr); !made) return made;
  if (change) {
    if (auto changed = loop::become(user); !changed) return changed;
  }
  loop::RealDisk disk;
  return store::Partition::create(disk, partition->path);
}

}  // namespace mailtree::programs
