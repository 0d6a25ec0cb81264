// SPDX-License-Identifier: Apache-2.0
// What concerns many entries of an export alike and is told once, with their number: hosts and partitions that the new
// server has to know, and settings that it does not carry out.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "migration/entry.h"
#include "migration/report.h"

namespace mailtree::migration {

class Overview {
 public:
  void look_at(const Entry& entry);  // as it is loaded
  void tell(Report& report) const;   // notes

 private:
  std::map<std::string, std::uint64_t> hosts_, partitions_, unobeyed_;
};

}  // namespace mailtree::migration
