// SPDX-License-Identifier: Apache-2.0
// LIST patterns (RFC 3501 section 6.3.8): "*" matches anything, "%" anything but the hierarchy separator.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "imap/grammar/decoder.h"

namespace mailtree::imap {

class ListPattern {
 public:
  // UTF-8; runs of wildcards are shortened. INBOX matches in any case.
  explicit ListPattern(std::string_view pattern);

  // O(pattern x name), whatever the wildcards: all positions are followed at once.
  [[nodiscard]] bool matches(std::string_view name) const;
  [[nodiscard]] const std::string& text() const { return pattern_; }

 private:
  using Positions = std::vector<bool>;
  [[nodiscard]] Positions run(std::string_view name) const;
  void close(Positions& at) const;

  std::string pattern_;
};

// list-mailbox: 1*list-char or a string; decoded from modified UTF-7.
bool read_list_mailbox(Decoder& decoder, std::string& pattern);

}  // namespace mailtree::imap
