// SPDX-License-Identifier: Apache-2.0
// Journals: each input line becomes a record with a right checksum and is applied to a message. Whatever comes, the
// state stays one that its own shortest journal reproduces.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "queue/item.h"
#include "queue/words.h"

namespace {

using namespace mailtree::queue;

Item sample() {
  Envelope e;
  e.queue_id = std::string(32, 'a');
  e.sender = "ann@land.test";
  e.recipients = {{"bob@alpha.test", "", 0}, {"carl@alpha.test", "", 0}, {"dora@alpha.test", "", 0}};
  return Item(e);
}

std::string checked_line(std::string_view text, const std::string& id, std::uint64_t offset) {
  const std::string place = id + ':' + std::to_string(offset) + ':';
  return hex32(crc32c(text, crc32c(place))) + ' ' + std::string(text) + '\n';
}

bool same(const Item& a, const Item& b) {
  if (a.deliveries().size() != b.deliveries().size() || a.next_notice() != b.next_notice()) return false;
  for (Index i = 0; i < a.deliveries().size(); ++i) {
    const Delivery &x = a.delivery(i), &y = b.delivery(i);
    if (x.state != y.state || x.to.address != y.to.address || x.depth != y.depth || x.reply != y.reply) return false;
    if (a.sender_of(i) != b.sender_of(i) || x.noticed != y.noticed || x.warned != y.warned) return false;
  }
  return a.held() == b.held() && a.finished() == b.finished() && a.broken_tries() == b.broken_tries();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  Item item = sample();
  std::uint64_t offset = 1000;
  for (int lines = 0; !input.empty() && lines < 60; ++lines) {
    const auto end = input.find('\n');
    const std::string_view text = input.substr(0, end);
    input.remove_prefix(end == std::string_view::npos ? input.size() : end + 1);
    const std::string line = checked_line(text, item.id(), offset);
    JournalReader reader(line, item.id(), offset);
    Record record;
    if (reader.next(record) != JournalReader::Step::record) continue;
    if (encode_record(record, item.id(), offset) != line) std::abort();
    offset += line.size();
    item.apply(record);
    if (item.deliveries().size() > 1000) break;
    (void)item.reaches(0, 1);
  }
  if (item.torn_expansion()) item.apply(Held{item.held(), item.held_reason()});
  Item again = sample();
  for (const Record& record : item.snapshot()) {
    if (!again.apply(record)) std::abort();
  }
  if (!same(item, again)) std::abort();
  return 0;
}
