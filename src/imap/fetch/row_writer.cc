// SPDX-License-Identifier: Apache-2.0
// RFC 3501 section 7.4.2, dynamic and row items.
#include "imap/fetch/row_writer.h"

#include "imap/grammar/date.h"
#include "imap/grammar/encoder.h"
#include "imap/grammar/flag.h"
#include "store/object_id.h"

namespace mailtree::imap {
namespace {

static_assert(flag_bit::seen == store::flag::seen && flag_bit::answered == store::flag::answered &&
              flag_bit::flagged == store::flag::flagged && flag_bit::deleted == store::flag::deleted &&
              flag_bit::draft == store::flag::draft);

// RFC 8474 section 7: fetch-emailid-resp, fetch-threadid-resp.
void append_object_id(std::string& out, std::string_view name, const std::string& id) {
  out.append(name);
  if (id.empty()) {
    out.append(" NIL");
  } else {
    out.append(" (").append(id).append(")");
  }
}

}  // namespace

void append_flags_item(std::string& out, const store::MessageRow& row, const store::FolderRow& folder, bool recent) {
  out.append("FLAGS (");
  const std::size_t start = out.size();
  append_system_flags(out, row.flags);
  if (recent) out.append(out.size() > start ? " \\Recent" : "\\Recent");
  if (!row.keywords.empty()) {
    for (std::size_t number = 0; number < folder.keywords.size(); ++number) {
      if (!row.keywords.has(number)) continue;
      if (out.size() > start) out.push_back(' ');
      out.append(folder.keywords[number]);
    }
  }
  out.push_back(')');
}

void append_fetch_start(std::string& out, std::size_t number) {
  out.append("* ");
  append_number(out, number);
  out.append(" FETCH (");
}

void append_row_item(std::string& out, const FetchItem& item, const store::MessageRow& row,
                     const store::FolderRow& folder, bool recent) {
  switch (item.kind) {
    case FetchItem::Kind::flags: append_flags_item(out, row, folder, recent); break;
    case FetchItem::Kind::uid:
      out.append("UID ");
      append_number(out, row.uid);
      break;
    case FetchItem::Kind::internal_date:
      out.append("INTERNALDATE ");
      append_date_time(out, row.internal_date);
      break;
    case FetchItem::Kind::size:
      out.append("RFC822.SIZE ");
      append_number(out, row.crlf_size);
      break;
    case FetchItem::Kind::email_id: append_object_id(out, "EMAILID", store::email_object_id(row.unique)); break;
    case FetchItem::Kind::thread_id: append_object_id(out, "THREADID", store::thread_object_id(row.thread)); break;
    default: break;
  }
}

void append_folder_flags(std::string& out, const store::FolderRow& folder, bool read_only) {
  std::string flags(all_system_flags);
  for (const std::string& keyword : folder.keywords) flags.append(" ").append(keyword);
  out.append("* FLAGS (").append(flags).append(")\r\n* OK [PERMANENTFLAGS (");
  if (!read_only) {
    out.append(flags);
    // Without room for another keyword \* would be a promise that is not kept.
    if (folder.keywords.size() < store::max_keywords) out.append(" \\*");
  }
  out.append(read_only ? ")] Read-only mailbox\r\n" : ")] Flags permitted\r\n");
}

}  // namespace mailtree::imap
