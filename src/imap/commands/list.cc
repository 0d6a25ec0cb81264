// SPDX-License-Identifier: Apache-2.0
// LIST and LSUB (RFC 3501 sections 6.3.8 and 6.3.9).
#include "imap/folder_list.h"

#include "imap/commands/commands.h"
#include "imap/grammar/mailbox_name.h"

namespace mailtree::imap::commands {
namespace {

struct ListArguments {
  std::string reference;
  std::string pattern;
};

bool read_arguments(Decoder& in, ListArguments& out) {
  std::string wire;
  if (!in.space() || !in.astring(wire) || !in.space() || !read_list_mailbox(in, out.pattern)) return false;
  out.reference = decode_mailbox_name(wire).value_or(wire);
  return in.end();
}

}  // namespace

Ending list(Session& session, Decoder& in) {
  ListArguments arguments;
  if (!read_arguments(in, arguments)) co_return in.error();
  if (arguments.pattern.empty()) {
    // The delimiter and the root of the reference; ours has none.
    session.out().append("* LIST (\\Noselect) \"/\" \"\"\r\n");
    co_return Completion::ok("LIST completed");
  }
  const auto folders = session.index().folders(session.account().key());
  if (!folders) co_return folders.error();
  const ListPattern pattern(arguments.reference + arguments.pattern);
  for (const auto& [name, entry] : make_name_tree(*folders)) {
    if (pattern.matches(name)) append_list_response(session.out(), "LIST", name, entry);
  }
  co_return Completion::ok("LIST completed");
}

Ending lsub(Session& session, Decoder& in) {
  ListArguments arguments;
  if (!read_arguments(in, arguments)) co_return in.error();
  const auto folders = session.index().folders(session.account().key());
  const auto account = session.index().account(session.account().key());
  // Some clients drop their cache when LSUB fails: an empty list and OK does less harm than NO.
  if (!folders || !account) co_return Completion::ok("LSUB completed, some names are missing");
  const ListPattern pattern(arguments.reference + arguments.pattern);
  const bool ends_with_percent = !pattern.text().empty() && pattern.text().back() == '%';
  for (const auto& [name, entry] : make_subscription_tree(*folders, account->subscriptions)) {
    // RFC 3501 section 6.3.9: for "%" the levels above subscribed names are shown as \Noselect.
    if ((!entry.subscribed && !ends_with_percent) || !pattern.matches(name)) continue;
    append_list_response(session.out(), "LSUB", name, entry);
  }
  co_return Completion::ok("LSUB completed");
}

}  // namespace mailtree::imap::commands
