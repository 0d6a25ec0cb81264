// SPDX-License-Identifier: Apache-2.0
#include "pop3/maildrop.h"

#include "base/ascii.h"

namespace mailtree::pop3 {

Maildrop::Maildrop(std::vector<Message> messages) : messages_(std::move(messages)) {
  for (const Message& message : messages_) octets_ += message.octets;
}

Result<std::size_t> Maildrop::find(std::string_view argument) const {
  const auto number = ascii::number<std::uint32_t>(argument);
  if (!number) return Error::protocol("That is not a message number");
  if (*number == 0 || *number > messages_.size()) return Error::protocol("No such message");
  if (message(*number).deleted) return Error::protocol("Message is marked for deletion");
  return static_cast<std::size_t>(*number);
}

void Maildrop::mark(std::size_t number) {
  Message& message = messages_[number - 1];
  if (message.deleted) return;
  message.deleted = true;
  ++marked_;
  octets_ -= message.octets;
}

void Maildrop::unmark_all() {
  for (Message& message : messages_) {
    if (!message.deleted) continue;
    message.deleted = false;
    octets_ += message.octets;
  }
  marked_ = 0;
}

store::UidSet Maildrop::marked_uids() const {
  store::UidSet uids;
  for (const Message& message : messages_)
    if (message.deleted) store::add_uid(uids, message.uid);
  return uids;
}

std::string unique_id(const Message& message) {
  return store::unique_text(message.unique) + '.' + std::to_string(message.uid);
}

}  // namespace mailtree::pop3
