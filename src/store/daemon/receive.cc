// SPDX-License-Identifier: Apache-2.0
// Data first: a name, a record and a reply may only follow what is on disk.
#include "store/daemon/receive.h"

#include <string>

namespace mailtree::store {

Result<void> receive_files(loop::Disk& disk, const ReceivedFiles& files, const std::vector<std::uint64_t>& sizes) {
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto status = disk.status(files[i]->get());
    if (!status) return status.error();
    if (!status->is_regular || status->size != sizes[i]) {
      return Error::temporary(Condition::syntax, "message file of " + std::to_string(status->size) +
                                                     " octets instead of " + std::to_string(sizes[i]));
    }
    const auto synced = disk.sync_data(files[i]->get());
    if (!synced) return synced;
  }
  return {};
}

}  // namespace mailtree::store
