// SPDX-License-Identifier: Apache-2.0
// Deciding about and making delivery status notifications. See notices.h.
#include "queue/daemon/notices.h"

#include <algorithm>
#include <map>

#include "base/ascii.h"
#include "config/settings.h"
#include "log/log.h"
#include "net/digest.h"
#include "queue/daemon/message_copy.h"

namespace mailtree::queue {
namespace {

using delivery::Action;
using loop::Task;

constexpr std::uint64_t max_returned_unasked = 100u << 10;  // RET not given: a whole message up to this size

bool asks(std::uint8_t notify, std::uint8_t what) { return (notify & what) != 0; }

// RFC 3461 section 5.2.6. Lists may choose that nobody hears of failing members (null errors address).
bool wants_failure(const Item& item, Index index) {
  const Delivery& d = item.delivery(index);
  if (d.state != State::failed || d.noticed) return false;
  if (item.sender_of(index).empty()) return d.variant == 0;  // the postmaster is told of lost notices, asked or not
  return d.to.notify == 0 || asks(d.to.notify, notify::failure);
}

// RFC 3461 sections 5.2.2 (b), 5.2.3 (a), 5.2.7.
bool wants_success(const Item& item, Index index) {
  const Delivery& d = item.delivery(index);
  if (!asks(d.to.notify, notify::success) || d.succeeded_noticed || item.sender_of(index).empty()) return false;
  if (d.state == State::delivered) return d.relayed || d.remote.empty();  // else the next host tells
  return d.state == State::expanded && d.how != expansion::alias;
}

// RFC 3461 section 5.2.5. Strangers are not warned: their own server does that while it holds the mail.
bool wants_warning(const Item& item, Index index) {
  const Delivery& d = item.delivery(index);
  if (d.state != State::open || d.warned || d.attempts == 0 || d.variant != 0) return false;
  if (!item.envelope().internal_origin || item.envelope().purpose != Purpose::mail) return false;
  if (item.envelope().sender.empty()) return false;
  return d.to.notify == 0 || asks(d.to.notify, notify::delay);
}

template <typename Wants>
void add_notices(const Item& item, NoticeKind kind, std::uint64_t wall_us, Wants wants, std::vector<Notice>& notices) {
  std::map<std::string, Notice> by_sender;
  for (Index i = 0; i < item.deliveries().size(); ++i) {
    if (!wants(item, i)) continue;
    Notice& notice = by_sender[item.sender_of(i)];
    notice.kind = kind;
    notice.wall_us = wall_us;
    notice.recipients.push_back(i);
  }
  for (auto& [sender, notice] : by_sender) {
    notice.number = item.next_notice() + notices.size();
    notices.push_back(std::move(notice));
  }
}

Action action_of(const Delivery& d, NoticeKind kind) {
  if (kind == NoticeKind::failed) return Action::failed;
  if (kind == NoticeKind::delayed) return Action::delayed;
  if (d.state == State::expanded) return d.how == expansion::group ? Action::expanded : Action::delivered;
  return d.relayed ? Action::relayed : Action::delivered;
}

bool has_8bit(std::string_view text) { return std::any_of(text.begin(), text.end(), ascii::is_8bit); }

std::string notice_id_of(const Item& item, const Notice& notice) {
  const std::string digest = net::sha256("notice " + item.id() + ' ' + std::to_string(notice.number));
  TransactionId id{};
  std::copy_n(digest.begin(), id.size(), reinterpret_cast<char*>(id.data()));
  return queue_id_of(id);
}

}  // namespace

std::vector<Notice> due_notices(const Item& item, const NoticePolicy& policy, std::chrono::seconds age,
                                std::uint64_t wall_us) {
  std::vector<Notice> notices;
  add_notices(item, NoticeKind::failed, wall_us, wants_failure, notices);
  add_notices(item, NoticeKind::success, wall_us, wants_success, notices);
  if (age >= policy.warn_after) add_notices(item, NoticeKind::delayed, wall_us, wants_warning, notices);
  return notices;
}

std::optional<NoticeTarget> target_of(const Item& item, const Notice& notice, const std::string& postmaster) {
  const std::string& sender = item.sender_of(notice.recipients.at(0));
  if (!sender.empty()) return NoticeTarget{sender, false};
  // Never to a null sender (RFC 5321 section 4.5.5); a failed notice to the postmaster ends here.
  if (notice.kind != NoticeKind::failed || item.envelope().purpose == Purpose::postmaster_notice) return std::nullopt;
  return NoticeTarget{postmaster, true};
}

Notifier::Notifier(Services& services) : services_(services) {
  policy_.warn_after = std::chrono::seconds(services.settings.queue.warn_after_seconds);
  policy_.lifetime = std::chrono::seconds(services.settings.queue.lifetime_seconds);
}

std::string Notifier::postmaster() const {
  const config::Settings& settings = services_.settings;
  if (!settings.postmaster.empty()) return settings.postmaster;
  return "postmaster@" + (settings.default_domain.empty() ? settings.host_name : settings.default_domain);
}

Task<std::vector<EntryRef>> Notifier::tell(EntryRef entry, bool& all_told) {
  std::vector<EntryRef> made;
  all_told = true;
  std::vector<Notice> wanted = entry->item.open_notices();  // begun before a crash: made again as they were
  const std::uint64_t wall_us = microseconds(services_.clock.wall());
  const std::chrono::seconds age = entry->age(services_.clock.monotonic());
  std::vector<Notice> fresh = due_notices(entry->item, policy_, age, wall_us);
  if (!fresh.empty()) {
    std::vector<Record> records(fresh.begin(), fresh.end());
    const auto recorded = co_await services_.ledger.record(entry, std::move(records), true);
    if (!recorded) {
      all_told = false;
      co_return made;
    }
    wanted.insert(wanted.end(), fresh.begin(), fresh.end());
  }
  for (const Notice& notice : wanted) {
    const bool done = co_await make(entry, notice, made);
    if (!done) all_told = false;
  }
  co_return made;
}

Task<bool> Notifier::make(EntryRef entry, Notice notice, std::vector<EntryRef>& made) {
  const std::string notice_id = notice_id_of(entry->item, notice);
  const auto target = target_of(entry->item, notice, postmaster());
  if (!target && notice.kind == NoticeKind::failed) {  // nobody left to tell: a person has to look
    std::vector<Record> hold;
    hold.push_back(Held{true, "a notice to the postmaster failed"});
    const auto held = co_await services_.ledger.record(entry, std::move(hold), true);
    log::event(log::Level::alarm, "queue.message.held",
               {{"queue_id", entry->item.id()}, {"written", held.has_value()}});
    co_return true;
  }
  if (target) {
    auto text = co_await compose(entry, notice, *target, notice_id);
    if (!text) {
      log::event(log::Level::error, "queue.notice.failed",
                 {{"queue_id", entry->item.id()}, {"error", text.error().detail}});
      co_return false;
    }
    const auto submitted = co_await submit(entry, *target, notice_id, std::move(*text));
    const bool known = !submitted && submitted.error().condition == Condition::exists;
    if (!submitted && !known) {
      log::event(log::Level::error, "queue.notice.failed",
                 {{"queue_id", entry->item.id()}, {"error", submitted.error().detail}});
      co_return false;
    }
    if (submitted) {
      made.push_back(*submitted);
      log::event(log::Level::info, "queue.notice.queued",
                 {{"queue_id", entry->item.id()}, {"notice", notice_id}, {"recipients", notice.recipients.size()}});
    }
  }
  std::vector<Record> told;
  told.push_back(Noticed{notice.number});
  const auto recorded = co_await services_.ledger.record(entry, std::move(told), true);
  co_return recorded.has_value();
}

Task<Result<std::string>> Notifier::compose(EntryRef entry, Notice notice, NoticeTarget target, std::string notice_id) {
  delivery::NoticeContent content;
  const Envelope& envelope = entry->item.envelope();
  content.host_name = services_.settings.host_name;
  content.to = target.address;
  content.about_queue_id = entry->item.id();
  content.unique = notice_id;
  content.envelope_id = envelope.envelope_id;
  content.arrival_us = envelope.queued_at_us;
  content.now_us = notice.wall_us;
  content.for_postmaster = target.is_postmaster;
  content.utf8 = envelope.smtputf8;
  const auto remaining = policy_.lifetime - std::min(policy_.lifetime, entry->age(services_.clock.monotonic()));
  for (const Index index : notice.recipients) {
    const Delivery& d = entry->item.delivery(index);
    delivery::NoticeRecipient to;
    to.address = d.reported;
    to.original = d.to.original;
    to.action = action_of(d, notice.kind);
    to.status = d.status;
    to.remote = d.remote;
    to.reply = d.reply;
    to.last_attempt_us = d.last_us;
    if (notice.kind == NoticeKind::delayed) {
      to.retry_until_us = notice.wall_us + static_cast<std::uint64_t>(remaining.count()) * 1'000'000;
    }
    content.recipients.push_back(std::move(to));
  }
  // RFC 3461 section 6.2; RET=FULL binds failures only.
  const bool wanted = envelope.ret == ret::full || envelope.ret == ret::not_given;
  const std::uint64_t most = envelope.ret == ret::full ? delivery::max_returned_bytes : max_returned_unasked;
  content.original_is_whole = notice.kind == NoticeKind::failed && wanted && envelope.message_bytes <= most;
  auto message = co_await services_.ledger.open_message(entry);
  if (!message) co_return message.error();
  const int fd = message->get();
  auto job = [this, fd, size = envelope.message_bytes, whole = content.original_is_whole] {
    return read_original(services_.disk, fd, size, whole);
  };
  auto original = co_await services_.pool.run(std::move(job));
  if (!original) co_return original.error();
  content.original = std::move(*original);
  co_return delivery::compose_notice(content);
}

Task<Result<EntryRef>> Notifier::submit(EntryRef about, NoticeTarget target, std::string notice_id, std::string text) {
  Envelope envelope;
  envelope.queue_id = notice_id;
  envelope.purpose = target.is_postmaster ? Purpose::postmaster_notice : Purpose::notice;
  Recipient to;
  to.address = target.address;
  to.notify = notify::never;  // RFC 3461 section 6.1
  envelope.recipients.push_back(std::move(to));
  envelope.message_bytes = text.size();
  envelope.smtputf8 = about->item.envelope().smtputf8 || has_8bit(target.address);
  envelope.eight_bit = has_8bit(text);
  envelope.internal_origin = true;
  envelope.origin.protocol = "notice";
  envelope.origin.received_at_us = microseconds(services_.clock.wall());
  auto job = [this, &text]() -> Result<UniqueFd> {
    auto file = services_.spool.new_message_file();
    if (!file) return file;
    const auto written = services_.disk.write_at(file->get(), text, 0);
    if (!written) return written.error();
    return file;
  };
  auto file = co_await services_.pool.run(std::move(job));
  if (!file) co_return file.error();
  auto entry = co_await services_.ledger.accept(std::move(envelope), file->get());
  co_return entry;
}

}  // namespace mailtree::queue
