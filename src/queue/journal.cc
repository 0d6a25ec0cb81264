// SPDX-License-Identifier: Apache-2.0
// Records as lines. One pair of functions a record, and a table that joins verb and reader. See journal.h.
#include "queue/journal.h"

#include <array>

#include "queue/words.h"

namespace mailtree::queue {
namespace {

constexpr std::size_t checksum_width = 8;

void put_list(LineWriter& line, const std::vector<Index>& list) {
  for (const Index index : list) line.number(index);
}

std::vector<Index> get_list(LineReader& line) {
  std::vector<Index> list;
  while (line.more()) list.push_back(static_cast<Index>(line.number(no_index - 1)));
  return list;
}

Index get_index(LineReader& line) { return static_cast<Index>(line.number(no_index - 1)); }
bool get_flag(LineReader& line) { return line.number(1) != 0; }

// Writers.

std::string text_of(const Tried& r) {
  LineWriter line("tried");
  line.number(r.wall_us).number(r.age_seconds);
  put_list(line, r.recipients);
  return line.take();
}

std::string text_of(const Delivered& r) {
  LineWriter line("delivered");
  line.number(r.recipient).number(r.wall_us).number(r.relayed ? 1 : 0).word(r.remote).word(r.status).word(r.reply);
  return line.take();
}

std::string text_of(const Deferred& r) {
  LineWriter line("deferred");
  line.number(r.recipient).number(r.attempts).number(r.wall_us).number(r.next_us).number(r.keep ? 1 : 0);
  line.word(r.remote).word(r.status).word(r.reply);
  return line.take();
}

std::string text_of(const Failed& r) {
  LineWriter line("failed");
  line.number(r.recipient).number(r.wall_us).word(r.remote).word(r.status).word(r.reply);
  return line.take();
}

std::string text_of(const Variant& r) {
  LineWriter line("variant");
  line.word(r.sender).number(r.add_headers.size());
  for (const std::string& header : r.add_headers) line.word(header);
  for (const std::string& name : r.remove_headers) line.word(name);
  return line.take();
}

std::string text_of(const Child& r) {
  LineWriter line("child");
  line.number(r.parent).number(static_cast<std::uint64_t>(r.part)).number(r.notify).number(r.variant);
  line.word(r.address).word(r.original).word(r.reported);
  return line.take();
}

std::string text_of(const Expanded& r) {
  LineWriter line("expanded");
  line.number(r.parent).number(r.wall_us).number(r.how);
  put_list(line, r.linked);
  return line.take();
}

std::string text_of(const Notice& r) {
  LineWriter line("notice");
  line.number(r.number).number(r.wall_us).number(static_cast<std::uint64_t>(r.kind));
  put_list(line, r.recipients);
  return line.take();
}

std::string text_of(const Noticed& r) { return LineWriter("noticed").number(r.number).take(); }
std::string text_of(const Held& r) { return LineWriter("held").number(r.held ? 1 : 0).word(r.reason).take(); }
std::string text_of(const Finished& r) { return LineWriter("finished").number(r.wall_us).take(); }

// Readers: fields in the order of the writers.

Record read_tried(LineReader& line) {
  Tried r;
  r.wall_us = line.number();
  r.age_seconds = line.number();
  r.recipients = get_list(line);
  return r;
}

Record read_delivered(LineReader& line) {
  Delivered r;
  r.recipient = get_index(line);
  r.wall_us = line.number();
  r.relayed = get_flag(line);
  r.remote = line.word();
  r.status = line.word();
  r.reply = line.word();
  return r;
}

Record read_deferred(LineReader& line) {
  Deferred r;
  r.recipient = get_index(line);
  r.attempts = line.number();
  r.wall_us = line.number();
  r.next_us = line.number();
  r.keep = get_flag(line);
  r.remote = line.word();
  r.status = line.word();
  r.reply = line.word();
  return r;
}

Record read_failed(LineReader& line) {
  Failed r;
  r.recipient = get_index(line);
  r.wall_us = line.number();
  r.remote = line.word();
  r.status = line.word();
  r.reply = line.word();
  return r;
}

Record read_variant(LineReader& line) {
  Variant r;
  r.sender = line.word();
  for (std::uint64_t count = line.number(); count > 0 && line.ok(); --count) r.add_headers.push_back(line.word());
  while (line.more()) r.remove_headers.push_back(line.word());
  return r;
}

Record read_child(LineReader& line) {
  Child r;
  r.parent = get_index(line);
  r.part = static_cast<Part>(line.number(2));
  r.notify = static_cast<std::uint8_t>(line.number(15));
  r.variant = get_index(line);
  r.address = line.word();
  r.original = line.word();
  r.reported = line.word();
  return r;
}

Record read_expanded(LineReader& line) {
  Expanded r;
  r.parent = get_index(line);
  r.wall_us = line.number();
  r.how = static_cast<std::uint8_t>(line.number(2));
  r.linked = get_list(line);
  return r;
}

Record read_notice(LineReader& line) {
  Notice r;
  r.number = line.number(no_index);
  r.wall_us = line.number();
  r.kind = static_cast<NoticeKind>(line.number(2));
  r.recipients = get_list(line);
  return r;
}

Record read_noticed(LineReader& line) { return Noticed{line.number()}; }

Record read_held(LineReader& line) {
  Held r;
  r.held = get_flag(line);
  r.reason = line.word();
  return r;
}

Record read_finished(LineReader& line) { return Finished{line.number()}; }

struct Verb {
  std::string_view name;
  Record (*read)(LineReader&);
};

constexpr std::array verbs = {
    Verb{"tried", read_tried},       Verb{"delivered", read_delivered}, Verb{"deferred", read_deferred},
    Verb{"failed", read_failed},     Verb{"variant", read_variant},     Verb{"child", read_child},
    Verb{"expanded", read_expanded}, Verb{"notice", read_notice},       Verb{"noticed", read_noticed},
    Verb{"held", read_held},         Verb{"finished", read_finished},
};

std::uint32_t checksum(std::string_view text, std::string_view queue_id, std::uint64_t offset) {
  const std::string place = std::string(queue_id) + ':' + std::to_string(offset) + ':';
  return crc32c(text, crc32c(place));
}

bool read_record(std::string_view text, Record& record) {
  LineReader line(text);
  const std::string_view name = line.verb();
  for (const Verb& verb : verbs) {
    if (verb.name != name) continue;
    record = verb.read(line);
    return line.at_end();
  }
  return false;
}

}  // namespace

std::string encode_record(const Record& record, std::string_view queue_id, std::uint64_t offset) {
  const std::string text = std::visit([](const auto& r) { return text_of(r); }, record);
  return hex32(checksum(text, queue_id, offset)) + ' ' + text + '\n';
}

JournalReader::Step JournalReader::next(Record& record) {
  if (text_.empty()) return Step::end;
  const auto end = text_.find('\n');
  if (end == std::string_view::npos) return Step::torn;
  const std::string_view line = text_.substr(0, end);
  const std::uint64_t at = offset_;
  text_.remove_prefix(end + 1);
  offset_ += end + 1;
  if (line.size() <= checksum_width || line[checksum_width] != ' ') return Step::damaged;
  const std::string_view text = line.substr(checksum_width + 1);
  if (line.substr(0, checksum_width) != hex32(checksum(text, queue_id_, at))) return Step::damaged;
  return read_record(text, record) ? Step::record : Step::damaged;
}

}  // namespace mailtree::queue
