// SPDX-License-Identifier: Apache-2.0
// What an import tells its operator: a line for everything that is not loaded as it stood, and sums that add up.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

namespace mailtree::migration {

// What became of a line, or (Finding::attribute empty) of an entry.
enum class Act : unsigned char {
  changed,   // loaded with another value
  added,     // not in the export
  removed,   // means nothing here; nobody misses it
  merged,    // became part of another entry
  left_out,  // lost unless somebody acts
  present,   // the directory has it already, equal
  differs,   // the directory has it already with other values, and keeps these
  replaced,  // the same, and the values of the export are there now
  note,      // loaded as it is; somebody should look at it
};

struct Finding {
  Act act = Act::note;
  std::string dn;         // "" without a line: it is about the import as a whole
  std::size_t line = 0;   // in the file; 0 = no line of it
  std::string attribute;  // "" = the whole entry
  std::string reason;
  std::string whole;  // the line as LDIF, if it is not loaded; "" otherwise
};

// read = loaded + changed + merged + present + replaced + differing + left_out, unless the import ended early.
struct Counts {
  std::uint64_t read = 0;
  std::uint64_t loaded = 0;   // as they stood
  std::uint64_t changed = 0;  // with lines changed, added, removed or left out
  std::uint64_t merged = 0;
  std::uint64_t present = 0;
  std::uint64_t replaced = 0;
  std::uint64_t differing = 0;
  std::uint64_t left_out = 0;
  std::uint64_t lines_left_out = 0;  // of entries that were loaded
  std::uint64_t notes = 0;
};

class Report {
 public:
  // Writes as it goes, so that its size does not matter. `json`: one object a line, the last one holds the counts.
  Report(std::ostream& out, bool json) : out_(out), json_(json) {}

  void set_file(std::string name, bool one_of_several);  // of the findings that follow
  void tell(const Finding& finding);
  void set_dry_run() { dry_run_ = true; }
  void finish();  // prints the counts

  // How the entry ended that is counted now; left_out, merged and what the directory has are told as findings before.
  void count(Act fate);
  void count_loaded(bool as_it_stood) { ++(as_it_stood ? counts_.loaded : counts_.changed); }
  void count_read() { ++counts_.read; }
  [[nodiscard]] const Counts& counts() const { return counts_; }
  // Nothing was left out and nothing differs.
  [[nodiscard]] bool is_complete() const {
    return counts_.left_out == 0 && counts_.lines_left_out == 0 && counts_.differing == 0;
  }

 private:
  std::ostream& out_;
  bool json_, dry_run_ = false, several_ = false;
  std::string file_;
  Counts counts_;
};

}  // namespace mailtree::migration
