// SPDX-License-Identifier: Apache-2.0
// The journal behind an envelope: what has happened to the message, one checked line a record, only ever appended.
// A record counts when its line is whole; records that belong together are written at once and end with `expanded`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mailtree::queue {

using Index = std::uint32_t;  // of a recipient: those of the envelope, then children as they were recorded
constexpr Index no_index = 0xffffffff;

// An attempt begins. Written before, not synced: it has to survive the death of the process only (a message that kills
// its deliverer is found out by attempts without an end). `age_seconds` counts on when the wall clock does not.
struct Tried {
  std::uint64_t wall_us = 0, age_seconds = 0;
  std::vector<Index> recipients;
};

struct Delivered {
  Index recipient = 0;
  std::uint64_t wall_us = 0;
  bool relayed = false;  // to a host that does not do RFC 3461: a wish for NOTIFY=SUCCESS is ours to fulfil
  std::string remote, status, reply;
};

struct Deferred {
  Index recipient = 0;
  std::uint64_t attempts = 0, wall_us = 0, next_us = 0;
  bool keep = false;  // held by the directory: does not expire
  std::string remote, status, reply;
};

struct Failed {
  Index recipient = 0;
  std::uint64_t wall_us = 0;
  std::string remote, status, reply;
};

// Another form of the message: for members of a list with its own errors address or headers. Numbered from 1 in order.
struct Variant {
  std::string sender;  // envelope sender and Return-Path, empty = null
  std::vector<std::string> add_headers, remove_headers;
};

// What of the plan of its address is meant.
enum class Part : std::uint8_t { whole = 0, mailbox = 1, host = 2 };

struct Child {
  Index parent = 0;
  Part part = Part::whole;
  std::uint8_t notify = 0;
  Index variant = 0;     // 0 = the message as it is
  std::string address;
  std::string original;  // ORCPT, if it goes along
  std::string reported;  // how notices name it: the address the sender knows, or the member for lists
};

// Commits the variants and children directly before it. `linked`: recipients that were there already.
struct Expanded {
  Index parent = 0;
  std::uint64_t wall_us = 0;
  std::uint8_t how = 0;  // expansion::
  std::vector<Index> linked;
};

namespace expansion {
constexpr std::uint8_t alias = 0;  // one address: notifications go along
constexpr std::uint8_t group = 1;  // several, sender unchanged
constexpr std::uint8_t list = 2;   // new sender: counts as final delivery (RFC 3461 section 5.2.7.1)
}  // namespace expansion

enum class NoticeKind : std::uint8_t { failed = 0, delayed = 1, success = 2 };

// A notice about these recipients is being made; its queue id follows from the number. `noticed`: it is durable.
struct Notice {
  std::uint64_t number = 0, wall_us = 0;
  NoticeKind kind = NoticeKind::failed;
  std::vector<Index> recipients;
};
struct Noticed {
  std::uint64_t number = 0;
};

struct Held {
  bool held = true;
  std::string reason;
};

struct Finished {
  std::uint64_t wall_us = 0;
};

using Record =
    std::variant<Tried, Delivered, Deferred, Failed, Variant, Child, Expanded, Notice, Noticed, Held, Finished>;

// One line for the file, to be written at `offset`: the checksum is bound to the file and the place.
std::string encode_record(const Record& record, std::string_view queue_id, std::uint64_t offset);

// Walks the lines of a journal that begins at `offset` of its file.
class JournalReader {
 public:
  JournalReader(std::string_view text, std::string_view queue_id, std::uint64_t offset)
      : text_(text), queue_id_(queue_id), offset_(offset) {}

  enum class Step : std::uint8_t { record, damaged, torn, end };
  // record: `record` is set. damaged: a whole line that is none; skipped. torn: the rest has no line end.
  Step next(Record& record);
  [[nodiscard]] std::uint64_t offset() const { return offset_; }  // behind what was read

 private:
  std::string_view text_;
  std::string queue_id_;
  std::uint64_t offset_;
};

}  // namespace mailtree::queue
