// SPDX-License-Identifier: Apache-2.0
// STATUS (RFC 3501 section 6.3.10): counts from the folder's row, without opening it.
#include "imap/grammar/status_item.h"

#include <array>

#include "imap/commands/commands.h"
#include "imap/grammar/encoder.h"
#include "imap/grammar/mailbox_name.h"

namespace mailtree::imap::commands {
namespace {

Result<std::uint64_t> count_recent(const Session& session, store::AccountKey key, const store::FolderRow& folder) {
  std::uint64_t count = 0;
  const auto visit = [&count](const store::MessageRow&) {
    ++count;
    return true;
  };
  const auto walked = session.index().for_each(key, folder.id, folder.first_recent, UINT32_MAX, visit);
  if (!walked) return walked.error();
  return count;
}

void append_name(std::string& out, bool& first, std::string_view name) {
  if (!first) out.push_back(' ');
  first = false;
  out.append(name).push_back(' ');
}

void append_item(std::string& out, bool& first, std::string_view name, std::uint64_t number) {
  append_name(out, first, name);
  append_number(out, number);
}

}  // namespace

Ending status(Session& session, Decoder& arguments) {
  std::string mailbox;
  std::uint32_t items = 0;
  if (!arguments.space() || !read_mailbox(arguments, mailbox) || !arguments.space() ||
      !read_status_items(arguments, items) || !arguments.end()) {
    co_return arguments.error();
  }
  const auto folder = session.find_folder(mailbox);
  if (!folder) co_return folder.error();
  Result<std::uint64_t> recent = std::uint64_t{0};
  if ((items & status_item::recent) != 0) recent = count_recent(session, session.account().key(), *folder);
  if (!recent) co_return recent.error();
  std::string& out = session.out();
  out.append("* STATUS ");
  append_mailbox(out, folder->name);
  out.append(" (");
  bool first = true;
  if ((items & status_item::messages) != 0) append_item(out, first, "MESSAGES", folder->messages);
  if ((items & status_item::recent) != 0) append_item(out, first, "RECENT", *recent);
  if ((items & status_item::uidnext) != 0) append_item(out, first, "UIDNEXT", folder->uidnext);
  if ((items & status_item::uidvalidity) != 0) append_item(out, first, "UIDVALIDITY", folder->uidvalidity);
  if ((items & status_item::unseen) != 0) append_item(out, first, "UNSEEN", folder->unseen);
  if ((items & status_item::mailbox_id) != 0) {
    append_name(out, first, "MAILBOXID");
    out.append("(").append(folder->object_id).append(")");
  }
  out.append(")\r\n");
  co_return Completion::ok("STATUS completed");
}

}  // namespace mailtree::imap::commands
