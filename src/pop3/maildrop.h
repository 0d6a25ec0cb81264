// SPDX-License-Identifier: Apache-2.0
// The maildrop of RFC 1939 section 5: message numbers 1 to n over a list that does not change, and marks for deletion.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "pop3/mailbox.h"

namespace mailtree::pop3 {

class Maildrop {
 public:
  explicit Maildrop(std::vector<Message> messages);

  [[nodiscard]] std::size_t size() const { return messages_.size(); }   // marked ones included
  [[nodiscard]] std::size_t count() const { return size() - marked_; }  // without the marked ones
  [[nodiscard]] std::uint64_t octets() const { return octets_; }        // likewise
  [[nodiscard]] std::size_t marked() const { return marked_; }
  [[nodiscard]] const Message& message(std::size_t number) const { return messages_[number - 1]; }

  // A client's message number: decimal, 1 to size(), not marked. Else an Error whose reply says what is wrong.
  [[nodiscard]] Result<std::size_t> find(std::string_view argument) const;

  void mark(std::size_t number);
  void unmark_all();
  [[nodiscard]] store::UidSet marked_uids() const;

 private:
  std::vector<Message> messages_;
  std::size_t marked_ = 0;
  std::uint64_t octets_ = 0;
};

// RFC 1939 section 7: at most 70 printable characters, unique in the maildrop, never used for another message. The
// first part is the name the message keeps for ever (its file bears it), the second its uid, since a copy of a message
// onto the same folder shares the first. Both outlive the index, flag changes and a restore that raises UIDVALIDITY.
std::string unique_id(const Message& message);

}  // namespace mailtree::pop3
