// SPDX-License-Identifier: Apache-2.0
// A header block (RFC 5322 2.2) as a list of fields. Views point into the text given; nothing is copied or decoded.
// Line ends may be CRLF or LF. Lines that are no field (no colon, mbox "From ") are skipped, never fatal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailtree::mime {

// Octets [begin, end) of the text they were computed from.
struct Range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  [[nodiscard]] std::uint64_t size() const { return end - begin; }
  friend bool operator==(const Range&, const Range&) = default;
};

struct Field {
  std::string_view name;   // without blanks before the colon
  std::string_view value;  // after the colon, folds included, without the last line end
  Range range;             // the whole field with its line ends, offsets in the block
};

// Walks the fields of a block; stops at the empty line or the end.
class FieldCursor {
 public:
  explicit FieldCursor(std::string_view block) : block_(block) {}
  std::optional<Field> next();
  // Where the next line is read; after the last field, the offset of the empty line or of the end.
  [[nodiscard]] std::size_t position() const { return position_; }

 private:
  std::string_view block_;
  std::size_t position_ = 0;
};

// The header of a message, its empty line included (the whole text if there is none).
std::string_view header_block(std::string_view message);

// What parsers look at: the block cut at max_header_view, at the last whole line.
std::string_view header_view(std::string_view block);

// The first field of that name (case-insensitive) within header_view().
std::optional<Field> find_field(std::string_view block, std::string_view name);

// RFC 5322 2.2.3: CR, LF and NUL taken out, blanks kept; then trimmed at both ends.
std::string unfold(std::string_view value);

// IMAP HEADER.FIELDS / HEADER.FIELDS.NOT: the ranges of the block to send, in order, neighbours joined, ending with the
// empty line if the block has one (`excluded`: all fields but the named ones). The whole block is considered, not the
// view.
std::vector<Range> select_fields(std::string_view block, const std::vector<std::string>& names, bool excluded);

}  // namespace mailtree::mime
