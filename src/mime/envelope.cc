// SPDX-License-Identifier: Apache-2.0
#include "mime/envelope.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "base/ascii.h"
#include "mime/header.h"
#include "mime/limits.h"

namespace mailtree::mime {
namespace {

struct TextField {
  std::string_view name;
  std::optional<std::string> Envelope::*member;
};
constexpr std::array text_fields = {
    TextField{"date", &Envelope::date},
    TextField{"subject", &Envelope::subject},
    TextField{"in-reply-to", &Envelope::in_reply_to},
    TextField{"message-id", &Envelope::message_id},
};

struct AddressField {
  std::string_view name;
  std::vector<Address> Envelope::*member;
  bool joined;  // RFC 5322 4.5.3 lets destination fields occur several times
};
constexpr std::array address_fields = {
    AddressField{"from", &Envelope::from, false},
    AddressField{"sender", &Envelope::sender, false},
    AddressField{"reply-to", &Envelope::reply_to, false},
    AddressField{"to", &Envelope::to, true},
    AddressField{"cc", &Envelope::cc, true},
    AddressField{"bcc", &Envelope::bcc, true},
};

void read_addresses(const AddressField& kind, std::string_view value, Envelope& envelope) {
  std::vector<Address>& list = envelope.*kind.member;
  if (!list.empty() && !kind.joined) return;
  std::vector<Address> found = parse_addresses(value);
  const std::size_t room = max_addresses - std::min(max_addresses, list.size());
  if (found.size() > room) return;
  list.insert(list.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
}

void read_field(const Field& field, Envelope& envelope) {
  for (const TextField& kind : text_fields) {
    if (!ascii::equal(field.name, kind.name)) continue;
    auto& text = envelope.*kind.member;
    if (!text) text = unfold(field.value);
    return;
  }
  for (const AddressField& kind : address_fields)
    if (ascii::equal(field.name, kind.name)) return read_addresses(kind, field.value, envelope);
}

}  // namespace

Envelope read_envelope(std::string_view block) {
  Envelope envelope;
  FieldCursor cursor(header_view(block));
  while (const auto field = cursor.next()) read_field(*field, envelope);
  if (envelope.sender.empty()) envelope.sender = envelope.from;
  if (envelope.reply_to.empty()) envelope.reply_to = envelope.from;
  return envelope;
}

}  // namespace mailtree::mime
