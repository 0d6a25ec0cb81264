// SPDX-License-Identifier: Apache-2.0
// An import that becomes a file for ldapadd.
#pragma once

#include <cstdio>
#include <memory>
#include <string>

#include "migration/target.h"

namespace mailtree::migration {

class LdifTarget : public Target {
 public:
  // Writes beside `path`, readable by its owner alone (passwords); finish() gives it the name. Blocking.
  static Result<std::unique_ptr<LdifTarget>> open(const std::string& path);
  ~LdifTarget() override;  // without finish() nothing is left

  Result<Landing> put(const Entry& entry) override;
  Result<void> finish() override;

 private:
  LdifTarget(std::FILE* file, std::string path, std::string temporary);
  [[nodiscard]] Error failure(const char* step) const;

  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  std::string path_, temporary_;
};

}  // namespace mailtree::migration
