// SPDX-License-Identifier: Apache-2.0
// A message as SEARCH compares it: header fields and text bodies decoded to UTF-8 and case-folded (RFC 3501 section
// 6.4.4). Everything is computed at the first need. No I/O; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailtree::imap {

class MessageText {
 public:
  // `octets`: the message, or only its header for keys that need no more. Must outlive this.
  explicit MessageText(std::string_view octets) : octets_(octets) {}

  // `needle` is folded. An empty one matches every field of that name.
  [[nodiscard]] bool has_field(std::string_view name, std::string_view needle);
  [[nodiscard]] bool header_contains(std::string_view needle);
  [[nodiscard]] bool body_contains(std::string_view needle);
  // Day of the Date field in its own zone, since 1970-01-01.
  [[nodiscard]] std::optional<std::int64_t> sent_day();

 private:
  void read_bodies();

  std::string_view octets_;
  std::optional<std::string> header_;  // folded lines "name: value"
  std::optional<std::vector<std::string>> bodies_;  // folded text of each text part and header of each embedded message
};

}  // namespace mailtree::imap
