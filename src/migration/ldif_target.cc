// SPDX-License-Identifier: Apache-2.0
#include "migration/ldif_target.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace mailtree::migration {

Result<std::unique_ptr<LdifTarget>> LdifTarget::open(const std::string& path) {
  std::string name = path + ".XXXXXX";
  const int fd = mkostemp(name.data(), O_CLOEXEC);
  std::FILE* const file = fd < 0 ? nullptr : fdopen(fd, "w");
  if (file == nullptr) return Error::permanent(Condition::storage, "", path + ": " + std::strerror(errno));
  std::unique_ptr<LdifTarget> target(new LdifTarget(file, path, std::move(name)));
  if (std::fputs("version: 1\n\n", file) < 0) return target->failure("write");
  return target;
}

LdifTarget::LdifTarget(std::FILE* file, std::string path, std::string temporary)
    : file_(file, &std::fclose), path_(std::move(path)), temporary_(std::move(temporary)) {}

LdifTarget::~LdifTarget() {
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

Error LdifTarget::failure(const char* step) const {
  return Error::permanent(Condition::storage, "", path_ + ": " + step + ": " + std::strerror(errno));
}

Result<Landing> LdifTarget::put(const Entry& entry) {
  const std::string text = ldif_text(entry);
  if (std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size()) return failure("write");
  return Landing{};
}

Result<void> LdifTarget::finish() {
  if (std::fflush(file_.get()) != 0 || fsync(fileno(file_.get())) != 0) return failure("write");
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) return failure("rename");
  temporary_.clear();
  return {};
}

}  // namespace mailtree::migration
