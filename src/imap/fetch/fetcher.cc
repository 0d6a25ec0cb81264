// SPDX-License-Identifier: Apache-2.0
// RFC 3501 section 6.4.5. Index rows are read and written in one go per chunk; files one after the other.
#include "imap/fetch/fetcher.h"

#include <algorithm>

#include "imap/fetch/envelope_writer.h"
#include "imap/fetch/message_opener.h"
#include "imap/fetch/row_writer.h"
#include "imap/grammar/encoder.h"

namespace mailtree::imap {
namespace {

using Kind = FetchItem::Kind;

constexpr std::size_t rows_at_once = 500;
constexpr std::uint64_t octets_at_once = 256 * 1024;

Section section_of(const FetchItem& item) {
  Section section = item.section;
  if (item.kind == Kind::rfc822_header) section.text = SectionText::header;
  if (item.kind == Kind::rfc822_text) section.text = SectionText::text;
  return section;
}

// What the response calls the item.
void append_item_name(std::string& out, const FetchItem& item) {
  switch (item.kind) {
    case Kind::rfc822: out.append("RFC822 "); return;
    case Kind::rfc822_header: out.append("RFC822.HEADER "); return;
    case Kind::rfc822_text: out.append("RFC822.TEXT "); return;
    default: break;
  }
  out.append("BODY");
  append_section(out, item.section);
  if (item.partial) {
    out.push_back('<');
    append_number(out, item.partial->offset);
    out.push_back('>');
  }
  out.push_back(' ');
}

}  // namespace

Fetcher::Fetcher(Session& session, std::vector<FetchItem> items, bool by_uid) : session_(session), by_uid_(by_uid) {
  // RFC 3501 section 6.4.8: UID FETCH answers with the UID, asked for or not.
  FetchItem uid;
  uid.kind = Kind::uid;
  if (by_uid && std::none_of(items.begin(), items.end(), [](const FetchItem& i) { return i.kind == Kind::uid; })) {
    row_items_.push_back(uid);
  }
  for (FetchItem& item : items) {
    sets_seen_ = sets_seen_ || sets_seen(item);
    keeps_message_ = keeps_message_ || item.partial.has_value();
    tells_flags_ = tells_flags_ || item.kind == Kind::flags;
    (needs_message(item) ? message_items_ : row_items_).push_back(std::move(item));
  }
  sets_seen_ = sets_seen_ && !session.view()->read_only();
}

Task<Result<void>> Fetcher::run(std::vector<Run> runs) {
  auto account_row = session_.index().account(session_.account().key());
  if (!account_row) co_return account_row.error();
  account_row_ = std::make_unique<store::AccountRow>(std::move(*account_row));
  for (Run run : runs) {
    while (run.count > 0) {
      const Run part{run.first, std::min(run.count, rows_at_once)};
      run.first += part.count;
      run.count -= part.count;
      Result<void> done;
      if (message_items_.empty()) {
        done = write_rows(part);
      } else {
        done = co_await write_messages(part);
      }
      if (!done) co_return done.error();
      const auto flushed = co_await session_.flush_if_full();
      if (!flushed) co_return flushed.error();
    }
  }
  co_return Result<void>{};
}

void Fetcher::append_row_items(std::size_t number, const store::MessageRow& row) {
  std::string& out = session_.out();
  append_fetch_start(out, number);
  bool first = true;
  for (const FetchItem& item : row_items_) {
    if (!first) out.push_back(' ');
    append_row_item(out, item, row, folder_, session_.view()->is_recent(row.uid));
    first = false;
  }
}

// A keyword is announced before the first message that has it.
void Fetcher::take_folder(store::FolderRow folder) {
  MailboxView& view = *session_.view();
  folder_ = std::move(folder);
  if (folder_.keywords.size() == view.told_keywords()) return;
  append_folder_flags(session_.out(), folder_, view.read_only());
  view.set_told_keywords(folder_.keywords.size());
}

Result<void> Fetcher::write_rows(Run run) {
  const MailboxView& view = *session_.view();
  auto folder = session_.index().folder(session_.account().key(), view.folder());
  if (!folder) return folder.error();
  take_folder(std::move(*folder));
  std::size_t position = run.first;
  std::size_t count = 0;
  const auto visit = [this, &view, &position, &count](const store::MessageRow& row) {
    while (view.uid_at(position) < row.uid) ++position;
    if (view.uid_at(position) != row.uid) return true;
    append_row_items(position + 1, row);
    session_.out().append(")\r\n");
    ++count;
    return true;
  };
  const auto walked = session_.index().for_each(session_.account().key(), view.folder(), view.uid_at(run.first),
                                                view.uid_at(run.first + run.count - 1), visit);
  if (!walked) return walked.error();
  missed_ = missed_ || count < run.count;
  return {};
}

Task<Result<void>> Fetcher::write_messages(Run run) {
  MailboxView& view = *session_.view();
  std::vector<store::MessageRow> rows;
  rows.reserve(run.count);
  const auto visit = [&rows](const store::MessageRow& row) {
    rows.push_back(row);
    return true;
  };
  auto folder = session_.index().for_each(session_.account().key(), view.folder(), view.uid_at(run.first),
                                          view.uid_at(run.first + run.count - 1), visit);
  if (!folder) co_return folder.error();
  take_folder(std::move(*folder));
  missed_ = missed_ || rows.size() < run.count;
  std::vector<bool> was_seen;
  for (const store::MessageRow& row : rows) was_seen.push_back((row.flags & store::flag::seen) != 0);
  store::Modseq seen_modseq = 0;
  if (sets_seen_) {
    const auto set = co_await set_seen(rows);
    if (set) seen_modseq = *set;  // the messages are shown even if the mark could not be made
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const store::MessageRow& row = rows[i];
    const bool now_seen = !was_seen[i] && (row.flags & store::flag::seen) != 0;
    const bool tell_flags = now_seen && !tells_flags_;
    const auto written = co_await write_message(row, tell_flags);
    if (!written) co_return written.error();
  }
  if (seen_modseq == 0) co_return Result<void>{};
  const auto told = co_await session_.sync(Tell::no_expunge, by_uid_, seen_modseq);
  co_return told;
}

Task<Result<store::Modseq>> Fetcher::set_seen(std::vector<store::MessageRow>& rows) {
  store::Store request;
  for (const store::MessageRow& row : rows) {
    if ((row.flags & store::flag::seen) != 0) continue;
    store::UidRange range;
    range.first = range.last = row.uid;
    request.uids.push_back(range);
  }
  if (request.uids.empty()) co_return store::Modseq{0};
  request.account = session_.account().name();
  request.folder = session_.view()->folder();
  request.mode = static_cast<std::uint8_t>(store::FlagMode::add);
  request.flags = store::flag::seen;
  const auto answer = co_await session_.account().call(request);
  if (!answer) co_return answer.error();
  std::size_t at = 0;
  for (store::MessageRow& row : rows) {
    while (at < answer->changed.size() && answer->changed[at].last < row.uid) ++at;
    if (at < answer->changed.size() && answer->changed[at].first <= row.uid) row.flags |= store::flag::seen;
  }
  co_return store::Modseq{answer->modseq};
}

Task<Result<std::unique_ptr<MessageFile>>> Fetcher::open(const store::MessageRow& row) {
  std::unique_ptr<MessageFile> kept = std::move(session_.message_cache());
  if (kept && kept->uid() == row.uid) co_return std::move(kept);
  auto opened = co_await open_message(session_, *account_row_, folder_, row);
  co_return std::move(opened);
}

// One damaged message must not keep the others from being read: what was written of it is taken back.
Task<Result<void>> Fetcher::write_message(const store::MessageRow& row, bool tell_flags) {
  const std::size_t start = session_.out().size();
  const std::uint64_t flushes = session_.flush_count();
  const auto appended = co_await append_message(row, tell_flags);
  if (!appended) {
    if (session_.flush_count() != flushes) {
      session_.abandon();
      co_return appended.error();
    }
    session_.out().resize(start);
    missed_ = missed_ || appended.error().condition == Condition::no_such_message;
    if (!failure_ && appended.error().condition != Condition::no_such_message) failure_ = appended.error();
    co_return Result<void>{};
  }
  const auto flushed = co_await session_.flush_if_full();
  co_return flushed;
}

Task<Result<void>> Fetcher::append_message(const store::MessageRow& row, bool tell_flags) {
  const std::size_t position = session_.view()->position_of(row.uid);
  auto message = co_await open(row);
  if (!message) co_return message.error();
  append_row_items(position + 1, row);
  bool first = row_items_.empty();
  for (const FetchItem& item : message_items_) {
    if (!first) session_.out().push_back(' ');
    first = false;
    const auto appended = co_await append_item(item, **message);
    if (!appended) co_return appended.error();
  }
  if (tell_flags) {
    session_.out().push_back(' ');
    append_flags_item(session_.out(), row, folder_, session_.view()->is_recent(row.uid));
  }
  session_.out().append(")\r\n");
  if (keeps_message_) session_.message_cache() = std::move(*message);
  co_return Result<void>{};
}

Task<Result<void>> Fetcher::append_item(const FetchItem& item, MessageFile& message) {
  [[maybe_unused]] const int frame = 0;
  if (item.kind == Kind::envelope) {
    const auto header = co_await message.header();
    if (!header) co_return header.error();
    session_.out().append("ENVELOPE ");
    append_envelope(session_.out(), *header);
  } else if (item.kind == Kind::body || item.kind == Kind::body_structure) {
    const auto tree = co_await message.tree();
    if (!tree) co_return tree.error();
    const bool extended = item.kind == Kind::body_structure;
    session_.out().append(extended ? "BODYSTRUCTURE " : "BODY ").append(message.body_structure(extended));
  } else {
    const auto appended = co_await append_section_item(item, message);
    co_return appended;
  }
  co_return Result<void>{};
}

Task<Result<std::optional<Ranges>>> Fetcher::find_octets(const FetchItem& item, MessageFile& message) {
  const Section section = section_of(item);
  std::optional<mime::Range> found;
  if (needs_tree(section)) {
    const auto tree = co_await message.tree();
    if (!tree) co_return tree.error();
    found = find_part_section(section, **tree);
    if (!found) co_return std::optional<Ranges>();
  } else if (section.text == SectionText::everything) {
    const auto loaded = co_await message.load();
    if (!loaded) co_return loaded.error();
    found = find_message_section(section, 0, message.octets());
  } else {
    const auto header = co_await message.header();
    if (!header) co_return header.error();
    found = find_message_section(section, header->size(), message.octets());
  }
  Ranges ranges(1, *found);
  if (selects_fields(section)) {
    const auto block = co_await message.read(*found);
    if (!block) co_return block.error();
    ranges = select_section_fields(section, *block, found->begin);
  }
  if (item.partial) ranges = clip(ranges, *item.partial);
  co_return std::optional<Ranges>(std::move(ranges));
}

Task<Result<void>> Fetcher::append_section_item(const FetchItem& item, MessageFile& message) {
  const auto found = co_await find_octets(item, message);
  if (!found) co_return found.error();
  std::string& out = session_.out();
  append_item_name(out, item);
  if (!*found) {
    out.append("NIL");
    co_return Result<void>{};
  }
  const std::uint64_t total = total_octets(**found);
  if (total == 0) {
    out.append("\"\"");
    co_return Result<void>{};
  }
  append_literal_header(out, total);
  const auto appended = co_await append_octets(**found, message);
  co_return appended;
}

Task<Result<void>> Fetcher::append_octets(const Ranges& ranges, MessageFile& message) {
  [[maybe_unused]] const int frame = 0;
  for (mime::Range range : ranges) {
    while (range.size() > 0) {
      mime::Range part = range;
      part.end = std::min(part.end, part.begin + octets_at_once);
      range.begin = part.end;
      if (part.end <= message.text().size()) {
        session_.out().append(message.text().substr(part.begin, part.size()));
      } else {
        const auto octets = co_await message.read(part);
        if (!octets) co_return octets.error();
        session_.out().append(*octets);
      }
      const auto flushed = co_await session_.flush_if_full();
      if (!flushed) co_return flushed.error();
    }
  }
  co_return Result<void>{};
}

}  // namespace mailtree::imap
