// SPDX-License-Identifier: Apache-2.0
// RFC 3501 section 6.3.8, matched as a set of positions so that many wildcards cost no more than few.
#include "imap/grammar/list_pattern.h"

#include "base/ascii.h"
#include "imap/grammar/limits.h"
#include "imap/grammar/mailbox_name.h"

namespace mailtree::imap {
namespace {

constexpr bool is_wildcard(char c) {
  return c == '*' || c == '%';
}

}  // namespace

ListPattern::ListPattern(std::string_view pattern) {
  for (const char c : pattern) {
    // A run of wildcards matches what its strongest member matches.
    if (is_wildcard(c) && !pattern_.empty() && is_wildcard(pattern_.back())) {
      if (c == '*') pattern_.back() = '*';
      continue;
    }
    pattern_.push_back(c);
  }
  normalize_inbox(pattern_);
}

void ListPattern::close(Positions& at) const {
  for (std::size_t p = 0; p < pattern_.size(); ++p) {
    if (at[p] && is_wildcard(pattern_[p])) at[p + 1] = true;
  }
}

ListPattern::Positions ListPattern::run(std::string_view name) const {
  Positions at(pattern_.size() + 1, false);
  at[0] = true;
  close(at);
  Positions next;
  for (std::size_t i = 0; i < name.size(); ++i) {
    next.assign(pattern_.size() + 1, false);
    for (std::size_t p = 0; p < pattern_.size(); ++p) {
      if (!at[p]) continue;
      const char c = pattern_[p];
      if (c == '*' || (c == '%' && name[i] != hierarchy_separator)) next[p] = true;
      if (!is_wildcard(c) && c == name[i]) next[p + 1] = true;
    }
    close(next);
    at.swap(next);
  }
  return at;
}

bool ListPattern::matches(std::string_view name) const {
  if (run(name).back()) return true;
  // INBOX is case-insensitive: a pattern such as "inb%" must find it too.
  if (name != "INBOX") return false;
  ListPattern upper("");
  upper.pattern_ = ascii::to_upper(pattern_);
  return upper.run(name).back();
}

bool read_list_mailbox(Decoder& decoder, std::string& pattern) {
  std::string wire;
  if (decoder.peek() == '"' || decoder.peek() == '{') {
    if (!decoder.string(wire)) return false;
  } else {
    std::string_view characters;
    if (!decoder.list_characters(characters)) return false;
    wire = characters;
  }
  // A pattern that is no canonical name matches nothing but is no reason to refuse: LIST never fails for clients'
  // names.
  pattern = decode_mailbox_name(wire).value_or(wire);
  return pattern.size() <= max_list_pattern_bytes ||
         decoder.fail(Error::permanent(Condition::limit, "Pattern too long"));
}

}  // namespace mailtree::imap
