// SPDX-License-Identifier: Apache-2.0
#include "migration/report.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

namespace mailtree::migration {
namespace {

constexpr std::array words = {"changed", "added",   "removed",  "merged", "left out",
                              "present", "differs", "replaced", "note"};

const char* word(Act act) {
  return words.at(static_cast<std::size_t>(act));
}

}  // namespace

void Report::set_file(std::string name, bool one_of_several) {
  file_ = std::move(name);
  several_ = one_of_several;
}

void Report::tell(const Finding& finding) {
  const bool of_a_line = !finding.attribute.empty();
  if (finding.act == Act::left_out && of_a_line) ++counts_.lines_left_out;
  if (finding.act == Act::note) ++counts_.notes;
  if (json_) {
    std::string act = word(finding.act);
    std::replace(act.begin(), act.end(), ' ', '_');
    nlohmann::ordered_json object = {{"act", act}, {"dn", finding.dn}, {"reason", finding.reason}};
    if (finding.line != 0) object["file"] = file_;
    if (finding.line != 0) object["line"] = finding.line;
    if (of_a_line) object["attribute"] = finding.attribute;
    if (!finding.whole.empty()) object["ldif"] = finding.whole;
    out_ << object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
    return;
  }
  if (several_ && finding.line != 0) out_ << file_ << ": ";
  const bool of_all = finding.dn.empty() && finding.line == 0;
  if (!of_all) out_ << "entry " << (finding.dn.empty() ? "(no name)" : finding.dn);
  if (finding.line != 0) out_ << ", line " << finding.line;
  if (of_a_line) out_ << ": attribute " << finding.attribute;
  out_ << (of_all ? "" : ": ") << word(finding.act) << ": " << finding.reason << '\n';
  if (finding.whole.empty()) return;
  out_ << "    ";
  for (std::size_t i = 0; i < finding.whole.size(); ++i) {
    out_ << finding.whole[i];
    if (finding.whole[i] == '\n' && i + 1 < finding.whole.size()) out_ << "    ";
  }
}

void Report::count(Act fate) {
  switch (fate) {
    case Act::merged:
      ++counts_.merged;
      break;
    case Act::present:
      ++counts_.present;
      break;
    case Act::differs:
      ++counts_.differing;
      break;
    case Act::replaced:
      ++counts_.replaced;
      break;
    default:
      ++counts_.left_out;
      break;
  }
}

void Report::finish() {
  const Counts& c = counts_;
  const std::uint64_t not_reached =
      c.read - c.loaded - c.changed - c.merged - c.present - c.replaced - c.differing - c.left_out;
  if (json_) {
    const nlohmann::ordered_json object = {{"read", c.read},
                                           {"loaded", c.loaded},
                                           {"changed", c.changed},
                                           {"merged", c.merged},
                                           {"present", c.present},
                                           {"replaced", c.replaced},
                                           {"differing", c.differing},
                                           {"left_out", c.left_out},
                                           {"not_reached", not_reached},
                                           {"lines_left_out", c.lines_left_out},
                                           {"notes", c.notes},
                                           {"dry_run", dry_run_}};
    out_ << object.dump() << std::endl;
    return;
  }
  out_ << (dry_run_ ? "dry run, nothing written: " : "") << "read " << c.read << " entries = loaded " << c.loaded
       << " + changed " << c.changed << " + merged " << c.merged << " + present " << c.present << " + replaced "
       << c.replaced << " + differing " << c.differing << " + left out " << c.left_out
       << (not_reached == 0 ? "" : " + not reached " + std::to_string(not_reached)) << "; lines left out "
       << c.lines_left_out << "; notes " << c.notes << std::endl;
}

}  // namespace mailtree::migration
