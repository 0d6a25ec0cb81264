// SPDX-License-Identifier: Apache-2.0
// MessageFiles: read-only access to the files of one account.
#include <fcntl.h>

#include <cerrno>
#include <cstring>

#include "loop/disk.h"
#include "store/index_reader.h"

namespace mailtree::store {

Result<MessageFiles> MessageFiles::open(const std::string& account_path) {
  MessageFiles files;
  files.directory_ = UniqueFd(::open(account_path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (!files.directory_) {
    return Error::temporary(Condition::storage, "open " + account_path + ": " + std::strerror(errno));
  }
  return files;
}

Result<UniqueFd> MessageFiles::open_message(const AccountRow& account, const FolderRow& folder,
                                            const MessageRow& message) const {
  loop::RealDisk disk;
  const std::string path = folder.directory + "/cur/" + message_file_name(account, folder, message);
  auto file = disk.open(directory_.get(), path, loop::Disk::Access::read);
  if (!file) return file.error();
  const auto status = disk.status(file->get());
  if (!status) return status.error();
  if (!status->is_regular || status->size != message.size) {
    return Error::temporary(Condition::no_such_message, "message file is not what the log says: " + path);
  }
  return file;
}

}  // namespace mailtree::store
