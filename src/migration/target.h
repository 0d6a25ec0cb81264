// SPDX-License-Identifier: Apache-2.0
// Where an import goes: a directory, a file, or nowhere (dry run).
#pragma once

#include <string>

#include "base/result.h"
#include "migration/entry.h"
#include "migration/report.h"

namespace mailtree::migration {

struct Landing {
  Act act = Act::added;  // added, present, differs, replaced, left_out
  std::string detail;    // for all but added
};

class Target {
 public:
  Target() = default;
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;
  virtual ~Target() = default;

  // Entries come parents first. An error ends the import: the target cannot take anything more.
  virtual Result<Landing> put(const Entry& entry) = 0;
  // Makes it durable. Without it nothing is promised.
  virtual Result<void> finish() { return {}; }
  // Entries that are not in the export may be there, to hang others beneath.
  [[nodiscard]] virtual bool has_entries() const { return false; }
};

class NoTarget : public Target {
 public:
  Result<Landing> put(const Entry&) override { return Landing{}; }
};

}  // namespace mailtree::migration
