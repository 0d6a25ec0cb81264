// SPDX-License-Identifier: Apache-2.0
// A queued message in memory: its envelope and the fold of its journal. Pure: no clock, no files. Recipients form a
// graph: an address may expand into children (group, forward), and a child may be one that is there already.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "queue/envelope.h"
#include "queue/journal.h"

namespace mailtree::queue {

enum class State : std::uint8_t { open, delivered, failed, expanded };

struct Delivery {  // one recipient and how far it has come
  Recipient to;
  std::string reported;
  Part part = Part::whole;
  Index parent = no_index;
  Index variant = 0;
  std::uint32_t depth = 0;
  State state = State::open;
  std::uint8_t how = 0;               // of an expansion
  bool relayed = false, keep = false, was_deferred = false;
  bool warned = false, noticed = false, succeeded_noticed = false;  // notices made or begun
  std::uint64_t attempts = 0;
  std::uint64_t next_us = 0;          // wall clock; 0 = at once
  std::uint64_t last_us = 0;          // of the last outcome
  std::string remote, status, reply;  // of the last outcome
  std::vector<Index> next_hops;       // children and linked
};

class Item {
 public:
  explicit Item(Envelope envelope);

  // False if the record cannot follow what was before: it changes nothing then.
  bool apply(const Record& record);

  [[nodiscard]] const Envelope& envelope() const { return envelope_; }
  [[nodiscard]] const std::string& id() const { return envelope_.queue_id; }
  [[nodiscard]] const std::vector<Delivery>& deliveries() const { return deliveries_; }
  [[nodiscard]] const Delivery& delivery(Index index) const { return deliveries_.at(index); }
  [[nodiscard]] std::vector<Index> open() const;
  [[nodiscard]] bool all_done() const;  // no recipient is open

  // Envelope sender of what goes to this recipient.
  [[nodiscard]] const std::string& sender_of(Index index) const;
  [[nodiscard]] const Variant* variant(Index number) const;  // nullptr = 0, the message as it is
  [[nodiscard]] Index variants() const { return static_cast<Index>(variants_.size()); }

  // The recipient that has this address in this form, if any. Domains compare case-insensitively.
  [[nodiscard]] Index find(std::string_view address, Part part) const;
  // Is there a way from one recipient to the other along expansions?
  [[nodiscard]] bool reaches(Index from, Index to) const;

  // Notices begun and not yet durable: to be made again, with the same content.
  [[nodiscard]] const std::vector<Notice>& open_notices() const { return open_notices_; }
  [[nodiscard]] std::uint64_t next_notice() const { return next_notice_; }

  [[nodiscard]] bool held() const { return held_; }
  [[nodiscard]] const std::string& held_reason() const { return held_reason_; }
  [[nodiscard]] bool finished() const { return finished_; }
  [[nodiscard]] std::uint64_t finished_us() const { return finished_us_; }
  // Attempts that began and whose end was not seen, in a row: the process died during each.
  [[nodiscard]] std::uint32_t broken_tries() const { return broken_tries_; }
  // How old the message was at the last record, by a clock that only counts forward.
  [[nodiscard]] std::uint64_t age_seconds() const { return age_seconds_; }
  [[nodiscard]] std::uint64_t age_wall_us() const { return age_wall_us_; }
  // Children read but not committed: a torn expansion, to be cut off.
  [[nodiscard]] bool torn_expansion() const { return !pending_children_.empty() || !pending_variants_.empty(); }

  // The shortest journal that gives the same state.
  [[nodiscard]] std::vector<Record> snapshot() const;

 private:
  bool on(const Tried& r);
  bool on(const Delivered& r);
  bool on(const Deferred& r);
  bool on(const Failed& r);
  bool on(const Variant& r);
  bool on(const Child& r);
  bool on(const Expanded& r);
  bool on(const Notice& r);
  bool on(const Noticed& r);
  bool on(const Held& r);
  bool on(const Finished& r);
  [[nodiscard]] bool is_open(Index index) const;
  void mark_noticed(const Notice& notice);
  void snapshot_expansions(std::vector<Record>& records) const;
  void snapshot_outcomes(std::vector<Record>& records) const;

  Envelope envelope_;
  std::vector<Delivery> deliveries_;
  std::vector<Variant> variants_;
  std::vector<Variant> pending_variants_;
  std::vector<Child> pending_children_;
  std::vector<Notice> open_notices_, made_notices_;
  std::uint64_t next_notice_ = 1;
  bool held_ = false, finished_ = false;
  std::string held_reason_;
  std::uint64_t finished_us_ = 0;
  std::uint32_t broken_tries_ = 0;
  std::uint64_t age_seconds_ = 0, age_wall_us_ = 0;
};

}  // namespace mailtree::queue
