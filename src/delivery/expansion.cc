// SPDX-License-Identifier: Apache-2.0
// Delivery plans applied to a queued message. See expansion.h.
#include "delivery/expansion.h"

#include <algorithm>

#include "base/ascii.h"

namespace mailtree::delivery {
namespace {

using queue::Child;
using queue::Index;
using queue::Item;
using queue::Part;

std::string normalise(std::string_view address) {
  const auto at = address.rfind('@');
  if (at == std::string_view::npos) return std::string(address);
  return std::string(address.substr(0, at)) + ascii::to_lower(address.substr(at));
}

// Collects the next hops of one expansion.
class Expansion {
 public:
  Expansion(const Item& item, Index parent) : item_(item), parent_(parent) {}

  void add(std::string_view address, Part part, Index variant) {
    const std::string wanted = normalise(address);
    if (wanted.empty()) return;
    const Index known = item_.find(wanted, part);
    if (known != queue::no_index) {
      if (item_.reaches(known, parent_)) {
        circle_ = true;
      } else if (std::find(linked_.begin(), linked_.end(), known) == linked_.end()) {
        linked_.push_back(known);
      }
      return;
    }
    const auto same = [&](const Child& child) { return child.address == wanted && child.part == part; };
    if (std::any_of(children_.begin(), children_.end(), same)) return;
    Child child;
    child.parent = parent_;
    child.part = part;
    child.variant = variant;
    child.address = wanted;
    children_.push_back(std::move(child));
  }

  [[nodiscard]] std::size_t size() const { return children_.size() + linked_.size(); }
  [[nodiscard]] bool circle() const { return circle_; }
  std::vector<Child>& children() { return children_; }
  std::vector<Index>& linked() { return linked_; }

 private:
  const Item& item_;
  Index parent_;
  std::vector<Child> children_;
  std::vector<Index> linked_;
  bool circle_ = false;
};

// RFC 3461 section 5.2.7.3 (c): success is reported by the alias, the rest by its members.
std::uint8_t without_success(std::uint8_t notify) {
  const auto rest = static_cast<std::uint8_t>(notify & ~queue::notify::success);
  return notify != 0 && rest == 0 ? queue::notify::never : rest;
}

std::size_t descendants(const Item& item, Index index) {
  const auto root = [&item](Index at) {
    while (item.delivery(at).parent != queue::no_index) at = item.delivery(at).parent;
    return at;
  };
  const Index mine = root(index);
  std::size_t count = 0;
  for (Index i = 0; i < item.deliveries().size(); ++i) count += i != mine && root(i) == mine ? 1 : 0;
  return count;
}

queue::Variant variant_for(const Item& item, Index parent, const ldapauth::GroupAction& group) {
  queue::Variant variant;
  if (const queue::Variant* before = item.variant(item.delivery(parent).variant)) variant = *before;
  variant.sender = item.sender_of(parent);
  if (group.errors_to == "<>") {
    variant.sender.clear();
  } else if (!group.errors_to.empty()) {
    variant.sender = group.errors_to;
  }
  variant.add_headers.insert(variant.add_headers.end(), group.add_headers.begin(), group.add_headers.end());
  variant.remove_headers.insert(variant.remove_headers.end(), group.remove_headers.begin(), group.remove_headers.end());
  return variant;
}

bool needs_variant(const ldapauth::GroupAction& group) {
  return !group.errors_to.empty() || !group.add_headers.empty() || !group.remove_headers.empty();
}

void set_notifications(const queue::Delivery& parent, std::uint8_t how, std::vector<Child>& children) {
  for (Child& child : children) {
    if (how == queue::expansion::list) continue;  // a new submission: nothing of the old one's wishes (5.2.7.1)
    child.original = parent.to.original;
    child.reported = parent.reported;
    child.notify = how == queue::expansion::alias ? parent.to.notify : without_success(parent.to.notify);
  }
}

Step expand(const Item& item, Index index, const ldapauth::DeliveryPlan& plan, const ExpansionLimits& limits,
            std::uint64_t wall_us) {
  const queue::Delivery& parent = item.delivery(index);
  if (parent.depth >= limits.depth) return Refuse{"5.4.6", "Forwarding goes too deep"};
  Expansion hops(item, index);
  std::vector<queue::Variant> variants;
  bool is_list = false;
  if (!plan.mailboxes.empty()) hops.add(parent.to.address, Part::mailbox, parent.variant);
  if (!plan.hosts.empty()) hops.add(parent.to.address, Part::host, parent.variant);
  for (const auto& forward : plan.forwards) hops.add(forward.address, Part::whole, parent.variant);
  for (const auto& group : plan.groups) {
    Index variant = parent.variant;
    if (needs_variant(group)) {
      variants.push_back(variant_for(item, index, group));
      variant = static_cast<Index>(item.variants() + variants.size());
      is_list = is_list || !group.errors_to.empty();
    }
    for (const std::string& member : group.members) hops.add(member, Part::whole, variant);
  }
  if (hops.size() == 0) {
    if (hops.circle()) return Refuse{"5.4.6", "Forwarding goes in a circle"};
    return Refuse{"5.2.4", "The group has no members"};
  }
  if (descendants(item, index) + hops.children().size() > limits.results) {
    return Refuse{"5.2.4", "The address expands to too many recipients"};
  }
  const std::uint8_t how = is_list            ? queue::expansion::list
                           : hops.size() == 1 ? queue::expansion::alias
                                              : queue::expansion::group;
  set_notifications(parent, how, hops.children());
  Expand result;
  if (!hops.children().empty()) result.records.insert(result.records.end(), variants.begin(), variants.end());
  result.records.insert(result.records.end(), hops.children().begin(), hops.children().end());
  result.records.push_back(queue::Expanded{index, wall_us, how, std::move(hops.linked())});
  return result;
}

Step follow(const Item& item, Index index, const ldapauth::DeliveryPlan& plan, const ExpansionLimits& limits,
            std::uint64_t wall_us) {
  if (plan.is_refused()) {
    const std::string reply = std::to_string(plan.refusal.code) + ' ' + plan.refusal.enhanced + ' ' + plan.refusal.text;
    if (plan.refusal.code >= 500) return Refuse{plan.refusal.enhanced, reply};
    return Wait{plan.refusal.enhanced, reply, false, false};
  }
  if (!plan.holds.empty()) {
    return Wait{"4.2.1", "Mail for this address is held: " + plan.holds.front().reason, true, false};
  }
  const Part part = item.delivery(index).part;
  const bool only_mailboxes = plan.is_local_only();
  const bool only_host =
      plan.hosts.size() == 1 && plan.mailboxes.empty() && plan.forwards.empty() && plan.groups.empty();
  if (part == Part::mailbox || (part == Part::whole && only_mailboxes)) {
    if (plan.mailboxes.empty()) return Done{"The address has no mailbox any more; forwarded only"};
    return ToMailboxes{plan.mailboxes};
  }
  if (part == Part::host || only_host) {
    if (plan.hosts.empty()) return Done{"The address is not on another host any more; forwarded only"};
    return ToHost{plan.hosts.front().host, plan.hosts.front().address};
  }
  return expand(item, index, plan, limits, wall_us);
}

}  // namespace

std::string domain_of(std::string_view address) {
  const auto at = address.rfind('@');
  return at == std::string_view::npos ? std::string() : ascii::to_lower(address.substr(at + 1));
}

Step next_step(const Item& item, Index index, const ldapauth::RecipientAnswer& answer, const ExpansionLimits& limits,
               std::uint64_t wall_us) {
  const std::string& address = item.delivery(index).to.address;
  switch (answer.outcome) {
    case ldapauth::Outcome::found:
      return follow(item, index, answer.plan, limits, wall_us);
    case ldapauth::Outcome::no_such_user:
      return Refuse{"5.1.1", "550 5.1.1 No such user"};
    case ldapauth::Outcome::not_hosted: {
      const std::string domain = domain_of(address);
      if (domain.empty()) return Refuse{"5.1.3", "The address has no domain"};
      return ToDomain{domain};
    }
    case ldapauth::Outcome::unavailable:
      break;
  }
  return Wait{"4.4.3", "The directory cannot be asked now", false, true};
}

}  // namespace mailtree::delivery
