// SPDX-License-Identifier: Apache-2.0
// Imports texts as if they were files, into memory.
#pragma once

#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "migration/import.h"

namespace mailtree::test {

class MemoryTarget : public migration::Target {
 public:
  Result<migration::Landing> put(const migration::Entry& entry) override {
    text += migration::ldif_text(entry);
    return migration::Landing{};
  }
  std::string text;
};

struct Imported {
  std::string report;  // as printed
  std::string ldif;    // what would be loaded
  migration::Counts counts;
  bool complete = false;
  std::string error;  // what ended it early

  [[nodiscard]] bool told(const std::string& part) const { return report.find(part) != std::string::npos; }
  [[nodiscard]] bool loaded(const std::string& part) const { return ldif.find(part) != std::string::npos; }
};

inline Imported imported(const std::vector<std::string>& texts, migration::ImportOptions options = {}) {
  Imported result;
  std::vector<std::string> names;
  for (const std::string& text : texts) {
    char name[] = "/tmp/mailtree-ldif.XXXXXX";
    const int fd = mkstemp(name);
    BOOST_REQUIRE(fd >= 0);
    std::FILE* const file = fdopen(fd, "w");
    std::fwrite(text.data(), 1, text.size(), file);
    std::fclose(file);
    names.emplace_back(name);
  }
  options.files = names;
  const auto schema = migration::SchemaTable::published();
  std::ostringstream out;
  migration::Report report(out, false);
  MemoryTarget target;
  const auto done = migration::import_ldif(options, schema, target, report);
  if (!done) result.error = done.error().detail;
  report.finish();
  result.report = out.str();
  result.ldif = target.text;
  result.counts = report.counts();
  result.complete = report.is_complete();
  for (const std::string& name : names) std::remove(name.c_str());
  const migration::Counts& c = result.counts;
  if (done)
    BOOST_TEST(c.read == c.loaded + c.changed + c.merged + c.present + c.replaced + c.differing + c.left_out,
               "the counts do not add up: " << result.report);
  return result;
}

}  // namespace mailtree::test
