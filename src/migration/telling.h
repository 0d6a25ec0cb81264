// SPDX-License-Identifier: Apache-2.0
// What is told about one entry while the rules work on it.
#pragma once

#include <string>
#include <utility>

#include "base/ascii.h"
#include "migration/entry.h"
#include "migration/report.h"

namespace mailtree::migration {

class Telling {
 public:
  // `dn` as the export has it, in which the operator will look.
  Telling(Report& report, std::string dn, std::size_t line) : report_(report), dn_(std::move(dn)), line_(line) {}

  // `shown`: whether the report repeats the line if it is not loaded.
  void about(Act act, const LdifLine& line, std::string reason, bool shown = true) {
    const bool lost = shown && (act == Act::left_out || act == Act::removed);
    // Old hashes of passwords are nothing for a report that is sent around.
    const bool secret = ascii::to_lower(line.attribute).find("password") != std::string::npos;
    std::string whole;
    if (lost) whole = secret ? line.attribute + ": (not shown)\n" : ldif_line(line.attribute, line.value);
    report_.tell({act, dn_, line.line, line.attribute, std::move(reason), std::move(whole)});
    changed_ = changed_ || act != Act::note;
  }
  void about_entry(Act act, std::string reason) { report_.tell({act, dn_, line_, "", std::move(reason), ""}); }
  void added(Entry& entry, std::string attribute, std::string value, const std::string& why) {
    entry.add(std::move(attribute), std::move(value));
    const LdifLine& line = entry.lines.back();
    about(Act::added, line, "\"" + ascii::printable(line.value, 100) + "\": " + why);
  }

  [[nodiscard]] bool changed() const { return changed_; }

 private:
  Report& report_;
  std::string dn_;
  std::size_t line_;
  bool changed_ = false;
};

}  // namespace mailtree::migration
