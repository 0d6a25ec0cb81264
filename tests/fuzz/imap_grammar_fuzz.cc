// SPDX-License-Identifier: Apache-2.0
// IMAP arguments from any octets. The first octet chooses the parser, the rest is its input. Asserted: no crash, limits
// kept, and what is written for a value reads back as that value.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "imap/grammar/command_head.h"
#include "imap/grammar/date.h"
#include "imap/grammar/encoder.h"
#include "imap/grammar/fetch_item.h"
#include "imap/grammar/flag.h"
#include "imap/grammar/id_parameters.h"
#include "imap/grammar/limits.h"
#include "imap/grammar/list_pattern.h"
#include "imap/grammar/mailbox_name.h"
#include "imap/grammar/search_key.h"
#include "imap/grammar/status_item.h"
#include "imap/grammar/utf8.h"

namespace {

using namespace mailtree::imap;

void check(bool holds) {
  if (!holds) std::abort();
}

void astrings(std::string_view text) {
  Decoder in(text, Quoting::utf8);
  std::string value;
  if (!in.astring(value)) return;
  check(value.size() <= text.size());
  if (value.find('\0') != std::string::npos) return;  // a literal8
  std::string written;
  append_astring(written, value);
  Decoder again(written, Quoting::utf8);
  std::string back;
  check(again.astring(back) && again.end() && back == value);
}

void mailbox_names(std::string_view text) {
  const auto name = decode_mailbox_name(text);
  if (!name) return;
  check(is_utf8(*name));
  const std::string wire = encode_mailbox_name(*name);
  check(decode_mailbox_name(wire) == *name);
  if (text.find_first_of("\x80\x81\xC3\xE2\xF0") == std::string_view::npos && is_utf8(text)) {
    bool ascii = true;
    for (const char c : text) ascii = ascii && static_cast<unsigned char>(c) < 0x80;
    if (ascii) check(wire == text);
  }
}

void sequence_sets(std::string_view text) {
  Decoder in(text);
  SequenceSet set;
  if (!read_sequence_set(in, set)) return;
  std::uint32_t before = 0;
  bool first = true;
  for (const NumberRange& range : set.resolve(1000)) {
    check(range.first >= 1 && range.first <= range.last);
    check(first || range.first > before + 1);
    before = range.last;
    first = false;
  }
}

void fetch_items(std::string_view text) {
  Decoder in(text, Quoting::utf8);
  std::vector<FetchItem> items;
  if (!read_fetch_items(in, items)) return;
  check(items.size() <= max_fetch_items);
  for (const FetchItem& item : items) {
    if (item.kind != FetchItem::Kind::section) continue;
    std::string written = "BODY.PEEK";
    append_section(written, item.section);
    Decoder again(written, Quoting::utf8);
    std::vector<FetchItem> back;
    check(read_fetch_items(again, back) && back.size() == 1 && back[0].section == item.section);
  }
}

void dates(std::string_view text) {
  Decoder in(text);
  std::int64_t seconds = 0;
  if (!read_date_time(in, seconds)) return;
  std::string written;
  append_date_time(written, seconds);
  Decoder again(written);
  std::int64_t back = 0;
  check(read_date_time(again, back) && back == seconds);
}

void others(std::string_view text) {
  SearchProgram program;
  Decoder search(text, Quoting::utf8);
  read_search_program(search, program);
  FlagList flags;
  Decoder flag(text);
  if (read_store_flags(flag, flags)) check(flags.keywords.size() <= max_flags);
  std::uint32_t items = 0;
  Decoder status(text);
  read_status_items(status, items);
  IdParameters parameters;
  Decoder id(text, Quoting::utf8);
  if (read_id_parameters(id, parameters)) check(describe_id(parameters).size() <= 320);
  CommandHead head;
  Decoder command(text);
  if (read_command_head(command, head)) check(head.tag.size() <= max_tag_bytes);
  const std::size_t half = text.size() / 2;
  if (text.size() < 200) static_cast<void>(ListPattern(text.substr(0, half)).matches(text.substr(half)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 6) {
    case 0: astrings(text); break;
    case 1: mailbox_names(text); break;
    case 2: sequence_sets(text); break;
    case 3: fetch_items(text); break;
    case 4: dates(text); break;
    default: others(text); break;
  }
  return 0;
}
