// SPDX-License-Identifier: Apache-2.0
// Who is told what about a message (RFC 3461 section 5.2), and the notices themselves as new messages of the queue.
// A notice is made in three steps: what it will say is in the journal, it is in the queue, that is in the journal.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "delivery/notice.h"
#include "queue/daemon/services.h"

namespace mailtree::queue {

struct NoticePolicy {
  std::chrono::seconds warn_after{4 * 3600};
  std::chrono::seconds lifetime{5 * 24 * 3600};
};

// Notices that are due now, numbered from item.next_notice() on, one for each address to be told. Pure.
std::vector<Notice> due_notices(const Item& item, const NoticePolicy& policy, std::chrono::seconds age,
                                std::uint64_t wall_us);

// Whom a notice goes to. Nothing: nobody (a null sender; then the postmaster is told of failures).
struct NoticeTarget {
  std::string address;
  bool is_postmaster = false;
};
std::optional<NoticeTarget> target_of(const Item& item, const Notice& notice, const std::string& postmaster);

class Notifier {
 public:
  explicit Notifier(Services& services);

  // Makes what is due. The new messages are returned, to be worked on. False in `all_told`: try again later.
  loop::Task<std::vector<EntryRef>> tell(EntryRef entry, bool& all_told);

 private:
  loop::Task<bool> make(EntryRef entry, Notice notice, std::vector<EntryRef>& made);
  loop::Task<Result<std::string>> compose(EntryRef entry, Notice notice, NoticeTarget target, std::string notice_id);
  loop::Task<Result<EntryRef>> submit(EntryRef about, NoticeTarget target, std::string notice_id, std::string text);
  [[nodiscard]] std::string postmaster() const;

  Services& services_;
  NoticePolicy policy_;
};

}  // namespace mailtree::queue
