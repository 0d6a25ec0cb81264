// SPDX-License-Identifier: Apache-2.0
// RFC 3501 section 7.4.2: groups are addresses without a host; so an address without "@" gets an empty one, not NIL.
#include "imap/fetch/envelope_writer.h"

#include <vector>

#include "imap/grammar/encoder.h"
#include "mime/envelope.h"

namespace mailtree::imap {
namespace {

void append_nonempty(std::string& out, const std::string& text) {
  if (text.empty()) {
    out.append("NIL");
  } else {
    append_string(out, text);
  }
}

void append_optional(std::string& out, const std::optional<std::string>& text) {
  if (text) {
    append_string(out, *text);
  } else {
    out.append("NIL");
  }
}

void append_address(std::string& out, const mime::Address& address) {
  using Kind = mime::Address::Kind;
  switch (address.kind) {
    case Kind::group_begin:
      out.append("(NIL NIL ");
      append_string(out, address.name);
      out.append(" NIL)");
      return;
    case Kind::group_end: out.append("(NIL NIL NIL NIL)"); return;
    case Kind::mailbox: break;
  }
  out.push_back('(');
  append_nonempty(out, address.name);
  out.push_back(' ');
  append_nonempty(out, address.route);
  out.push_back(' ');
  append_string(out, address.mailbox);
  out.push_back(' ');
  append_string(out, address.host);
  out.push_back(')');
}

void append_addresses(std::string& out, const std::vector<mime::Address>& addresses) {
  out.push_back(' ');
  if (addresses.empty()) {
    out.append("NIL");
    return;
  }
  out.push_back('(');
  for (const mime::Address& address : addresses) append_address(out, address);
  out.push_back(')');
}

}  // namespace

void append_envelope(std::string& out, std::string_view block) {
  const mime::Envelope envelope = mime::read_envelope(block);
  out.push_back('(');
  append_optional(out, envelope.date);
  out.push_back(' ');
  append_optional(out, envelope.subject);
  for (const auto* addresses : {&envelope.from, &envelope.sender, &envelope.reply_to, &envelope.to, &envelope.cc,
                                &envelope.bcc}) {
    append_addresses(out, *addresses);
  }
  out.push_back(' ');
  append_optional(out, envelope.in_reply_to);
  out.push_back(' ');
  append_optional(out, envelope.message_id);
  out.push_back(')');
}

}  // namespace mailtree::imap
