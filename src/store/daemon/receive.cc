// SPDX-License-Identifier: Apache-2.0
// Data first: a name, a record and a reply may only follow what is on disk.
#include "store/daemon/receive.h"

#include <string>

#include "store/daemon/thread.h"

namespace mailtree::store {

Result<ReceivedFiles> receive_files(loop::Disk& disk, ReceivedFiles files, const std::vector<std::uint64_t>& sizes) {
  for (std::size_t i = 0; i < files.size(); ++i) {
    const int file = files[i].file->get();
    const auto status = disk.status(file);
    if (!status) return status.error();
    if (!status->is_regular || status->size != sizes[i]) {
      return Error::temporary(Condition::syntax, "message file of " + std::to_string(status->size) +
                                                     " octets instead of " + std::to_string(sizes[i]));
    }
    const auto synced = disk.sync_data(file);
    if (!synced) return synced.error();
    const auto thread = read_named_thread(disk, file);
    if (!thread) return thread.error();
    files[i].thread = *thread;
  }
  return files;
}

}  // namespace mailtree::store
