// SPDX-License-Identifier: Apache-2.0
// Folding records into the state of a message. See item.h.
#include "queue/item.h"

#include <algorithm>

#include "base/ascii.h"

namespace mailtree::queue {
namespace {

// RFC 5321 section 2.4: local parts are case-sensitive in principle, domains are not.
bool same_address(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  const auto at = a.rfind('@');
  if (at == std::string_view::npos) return a == b;
  return a.substr(0, at) == b.substr(0, at) && ascii::equal(a.substr(at), b.substr(at));
}

}  // namespace

Item::Item(Envelope envelope) : envelope_(std::move(envelope)), age_wall_us_(envelope_.queued_at_us) {
  for (const Recipient& to : envelope_.recipients) {
    Delivery delivery;
    delivery.to = to;
    delivery.reported = to.address;
    deliveries_.push_back(std::move(delivery));
  }
}

bool Item::apply(const Record& record) {
  const bool belongs_to_expansion = std::holds_alternative<Variant>(record) || std::holds_alternative<Child>(record) ||
                                    std::holds_alternative<Expanded>(record);
  if (!belongs_to_expansion && torn_expansion()) {  // its commit was lost: the expansion never was
    pending_children_.clear();
    pending_variants_.clear();
  }
  return std::visit([this](const auto& r) { return on(r); }, record);
}

bool Item::is_open(Index index) const { return index < deliveries_.size() && deliveries_[index].state == State::open; }

bool Item::on(const Tried& r) {
  const auto exists = [this](Index index) { return index < deliveries_.size(); };
  if (!std::all_of(r.recipients.begin(), r.recipients.end(), exists)) return false;
  ++broken_tries_;
  age_seconds_ = std::max(age_seconds_, r.age_seconds);
  age_wall_us_ = r.wall_us;
  return true;
}

bool Item::on(const Delivered& r) {
  if (!is_open(r.recipient)) return false;
  Delivery& d = deliveries_[r.recipient];
  d.state = State::delivered;
  d.relayed = r.relayed;
  d.last_us = r.wall_us;
  d.remote = r.remote;
  d.status = r.status;
  d.reply = r.reply;
  broken_tries_ = 0;
  return true;
}

bool Item::on(const Deferred& r) {
  if (!is_open(r.recipient)) return false;
  Delivery& d = deliveries_[r.recipient];
  d.was_deferred = true;
  d.attempts = r.attempts;
  d.next_us = r.next_us;
  d.last_us = r.wall_us;
  d.keep = r.keep;
  d.remote = r.remote;
  d.status = r.status;
  d.reply = r.reply;
  broken_tries_ = 0;
  return true;
}

bool Item::on(const Failed& r) {
  if (!is_open(r.recipient)) return false;
  Delivery& d = deliveries_[r.recipient];
  d.state = State::failed;
  d.last_us = r.wall_us;
  d.remote = r.remote;
  d.status = r.status;
  d.reply = r.reply;
  broken_tries_ = 0;
  return true;
}

bool Item::on(const Variant& r) {
  pending_variants_.push_back(r);
  return true;
}

bool Item::on(const Child& r) {
  if (!is_open(r.parent) || r.address.empty()) return false;
  if (r.variant > variants_.size() + pending_variants_.size()) return false;
  if (deliveries_.size() + pending_children_.size() >= no_index) return false;
  pending_children_.push_back(r);
  return true;
}

bool Item::on(const Expanded& r) {
  const auto fits = [&r](const Child& child) { return child.parent == r.parent; };
  const auto exists = [this](Index index) { return index < deliveries_.size(); };
  const bool good = is_open(r.parent) && std::all_of(pending_children_.begin(), pending_children_.end(), fits) &&
                    std::all_of(r.linked.begin(), r.linked.end(), exists);
  if (good) {
    std::vector<Index> next_hops = r.linked;
    const std::uint32_t depth = deliveries_[r.parent].depth + 1;
    for (const Child& child : pending_children_) {
      next_hops.push_back(static_cast<Index>(deliveries_.size()));
      Delivery& d = deliveries_.emplace_back();
      d.to = Recipient{child.address, child.original, child.notify};
      d.reported = child.reported.empty() ? child.address : child.reported;
      d.part = child.part;
      d.parent = child.parent;
      d.variant = child.variant;
      d.depth = depth;
    }
    variants_.insert(variants_.end(), pending_variants_.begin(), pending_variants_.end());
    Delivery& parent = deliveries_[r.parent];
    parent.state = State::expanded;
    parent.how = r.how;
    parent.last_us = r.wall_us;
    parent.remote.clear();  // of earlier attempts at it
    parent.status.clear();
    parent.reply.clear();
    parent.next_hops = std::move(next_hops);
    broken_tries_ = 0;
  }
  pending_children_.clear();
  pending_variants_.clear();
  return good;
}

bool Item::on(const Notice& r) {
  const auto exists = [this](Index index) { return index < deliveries_.size(); };
  if (r.number < next_notice_ || !std::all_of(r.recipients.begin(), r.recipients.end(), exists)) return false;
  next_notice_ = r.number + 1;
  open_notices_.push_back(r);
  mark_noticed(r);
  return true;
}

void Item::mark_noticed(const Notice& notice) {
  for (const Index index : notice.recipients) {
    Delivery& d = deliveries_[index];
    if (notice.kind == NoticeKind::failed) d.noticed = true;
    if (notice.kind == NoticeKind::delayed) d.warned = true;
    if (notice.kind == NoticeKind::success) d.succeeded_noticed = true;
  }
}

bool Item::on(const Noticed& r) {
  const auto has_number = [&r](const Notice& notice) { return notice.number == r.number; };
  const auto found = std::find_if(open_notices_.begin(), open_notices_.end(), has_number);
  if (found == open_notices_.end()) return false;
  made_notices_.push_back(*found);
  open_notices_.erase(found);
  return true;
}

bool Item::on(const Held& r) {
  held_ = r.held;
  held_reason_ = r.reason;
  broken_tries_ = 0;
  return true;
}

bool Item::on(const Finished& r) {
  finished_ = true;
  finished_us_ = r.wall_us;
  return true;
}

std::vector<Index> Item::open() const {
  std::vector<Index> list;
  for (Index i = 0; i < deliveries_.size(); ++i) {
    if (deliveries_[i].state == State::open) list.push_back(i);
  }
  return list;
}

bool Item::all_done() const {
  return std::none_of(deliveries_.begin(), deliveries_.end(), [](const Delivery& d) { return d.state == State::open; });
}

const std::string& Item::sender_of(Index index) const {
  const Variant* form = variant(deliveries_.at(index).variant);
  return form != nullptr ? form->sender : envelope_.sender;
}

const Variant* Item::variant(Index number) const { return number == 0 ? nullptr : &variants_.at(number - 1); }

Index Item::find(std::string_view address, Part part) const {
  for (Index i = 0; i < deliveries_.size(); ++i) {
    if (deliveries_[i].part == part && same_address(deliveries_[i].to.address, address)) return i;
  }
  return no_index;
}

bool Item::reaches(Index from, Index to) const {
  std::vector<Index> todo{from};
  std::vector<bool> seen(deliveries_.size(), false);
  while (!todo.empty()) {
    const Index at = todo.back();
    todo.pop_back();
    if (at == to) return true;
    if (at >= deliveries_.size() || seen[at]) continue;
    seen[at] = true;
    todo.insert(todo.end(), deliveries_[at].next_hops.begin(), deliveries_[at].next_hops.end());
  }
  return false;
}

void Item::snapshot_expansions(std::vector<Record>& records) const {
  Index written = 0;  // variants
  std::vector<bool> done(deliveries_.size(), false);
  const auto expand = [&](Index parent, std::vector<Record> children) {
    const Delivery& p = deliveries_[parent];
    std::vector<Index> linked;
    for (const Index hop : p.next_hops) {
      if (deliveries_[hop].parent != parent) linked.push_back(hop);
    }
    records.insert(records.end(), children.begin(), children.end());
    records.push_back(Expanded{parent, p.last_us, p.how, std::move(linked)});
    done[parent] = true;
  };
  for (Index i = 0; i < deliveries_.size();) {
    const Index parent = deliveries_[i].parent;
    if (parent == no_index) {
      ++i;
      continue;
    }
    std::vector<Record> children;
    for (; i < deliveries_.size() && deliveries_[i].parent == parent; ++i) {
      const Delivery& d = deliveries_[i];
      for (; written < d.variant; ++written) records.push_back(variants_[written]);
      children.push_back(
          Child{parent, d.part, d.to.notify, d.variant, d.to.address, d.to.original, d.reported});
    }
    expand(parent, std::move(children));
  }
  for (Index i = 0; i < deliveries_.size(); ++i) {
    if (deliveries_[i].state == State::expanded && !done[i]) expand(i, {});
  }
}

void Item::snapshot_outcomes(std::vector<Record>& records) const {
  for (Index i = 0; i < deliveries_.size(); ++i) {
    const Delivery& d = deliveries_[i];
    if (d.state == State::delivered) records.push_back(Delivered{i, d.last_us, d.relayed, d.remote, d.status, d.reply});
    if (d.state == State::failed) records.push_back(Failed{i, d.last_us, d.remote, d.status, d.reply});
    if (d.state == State::open && d.was_deferred) {
      records.push_back(Deferred{i, d.attempts, d.last_us, d.next_us, d.keep, d.remote, d.status, d.reply});
    }
  }
}

std::vector<Record> Item::snapshot() const {
  std::vector<Record> records;
  snapshot_expansions(records);
  snapshot_outcomes(records);
  std::vector<Notice> notices = made_notices_;
  notices.insert(notices.end(), open_notices_.begin(), open_notices_.end());
  std::sort(notices.begin(), notices.end(), [](const Notice& a, const Notice& b) { return a.number < b.number; });
  for (const Notice& notice : notices) records.push_back(notice);
  for (const Notice& notice : made_notices_) records.push_back(Noticed{notice.number});
  const bool has_age = age_wall_us_ != envelope_.queued_at_us || age_seconds_ != 0;
  if (has_age) records.push_back(Tried{age_wall_us_, age_seconds_, {}});
  records.push_back(Held{held_, held_reason_});
  for (std::uint32_t i = 0; i < broken_tries_; ++i) records.push_back(Tried{age_wall_us_, age_seconds_, {}});
  if (finished_) records.push_back(Finished{finished_us_});
  return records;
}

}  // namespace mailtree::queue
