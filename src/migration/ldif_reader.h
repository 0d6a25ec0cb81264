// SPDX-License-Identifier: Apache-2.0
// LDIF (RFC 2849), entries only: what an export holds. Change records and values by URL are refused, not guessed at.
#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mailtree::migration {

struct LdifLine {
  std::string attribute;  // with its options, as written
  std::string value;      // octets, decoded
  std::size_t line = 0;   // in the file, from 1; 0 = not of a file
};

struct LdifEntry {
  std::string dn;
  std::size_t line = 0;  // of "dn:"
  std::vector<LdifLine> lines;
};

// A record that cannot be used. The reader stands behind it.
struct LdifProblem {
  std::string dn;        // "" if not even that was read
  std::size_t line = 0;  // where it went wrong
  std::string reason;
};

struct LdifLimits {
  std::size_t line_bytes = 12U << 20;   // unfolded; a photograph of 8 MiB in base64
  std::size_t entry_bytes = 32U << 20;  // names and decoded values
};

class LdifReader {
 public:
  // `in` outlives the reader and stands at the beginning of a file.
  explicit LdifReader(std::istream& in, LdifLimits limits = {});

  // The next record; nullopt at the end of the file. Holds one record in memory, bounded by the limits.
  std::optional<std::variant<LdifEntry, LdifProblem>> next();

  // Where the record that next() returned last begins: octets, and lines before it.
  struct Place {
    std::uint64_t offset = 0;
    std::size_t lines_before = 0;
  };
  [[nodiscard]] Place place() const { return record_; }
  // Goes on at a place that was returned for the same file.
  void go_to(const Place& place);

 private:
  struct Line {
    std::string text;
    std::size_t number = 0;
    bool too_long = false;
  };
  std::optional<Line> next_line();
  void read_physical(Line& line);
  LdifProblem skip_record(std::string dn, std::size_t line, std::string reason);
  std::optional<LdifProblem> take(LdifEntry& entry, std::size_t& bytes, const Line& line);

  std::istream& in_;
  LdifLimits limits_;
  Place now_, record_;
  bool in_record_ = false;  // the line read last belongs to a record that has not ended
};

// One line of LDIF cut into name and value; the reason if it is none.
std::variant<LdifLine, std::string> parse_ldif_line(std::string_view text);

}  // namespace mailtree::migration
