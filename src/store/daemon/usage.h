// SPDX-License-Identifier: Apache-2.0
// Usage: what the domains of a partition hold, kept in memory from the changes of account totals. Not what an account
// holds: that stands in its log. Exact, except after a crash, until a recount went through all accounts. Any thread.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/types.h"

namespace mailtree::store {

struct AccountPlace;

// A domain while it is counted. The sets hold what will be counted yet: a change of it needs no note.
struct DomainCount {
  std::string domain;
  std::string bucket;
  std::set<std::string> buckets;
  std::set<std::string> accounts;  // of `bucket`
  bool buckets_known = false;
  bool accounts_known = false;
  Totals totals;
};

class Usage {
 public:
  // One domain, by the name of its directory. Zeros if nothing is known of it.
  [[nodiscard]] Totals of(const std::string& domain) const;
  // Whether the sums are the truth, not an estimate.
  [[nodiscard]] bool is_exact() const;
  // Differs after each change of what text() gives, but for the generation.
  [[nodiscard]] std::uint64_t version() const;

  // The totals of an account became durable as `after`.
  void change(const AccountPlace& place, const Totals& before, const Totals& after);
  // Some account holds something else than was counted: its log was rebuilt, or what became durable is unknown.
  void doubt();

  // Since when (seconds since 1970) mail to the domain is refused because the domain is full; 0 = it is not.
  [[nodiscard]] std::int64_t full_since(const std::string& domain) const;
  void set_full_since(const std::string& domain, std::int64_t time);

  // The file `usage` (../log_format.md). `settled`: nothing will change before the next generation begins, so that the
  // next process may believe exact sums.
  [[nodiscard]] std::string text(std::uint64_t generation, bool settled) const;
  // At start, in `generation`. Condition::damaged: nothing was taken over. Sums that the process before did not settle
  // are an estimate.
  Result<void> read(std::string_view text, std::uint64_t generation);

  // --- A recount, by one caller: begin(); for each domain begin_domain(), set_buckets(), for each bucket
  // begin_bucket(), set_accounts(), counted() for each; end_domain(); at last end(). Changes meanwhile go where they
  // belong: what set_...() did not name because it was made later is counted from its changes alone.
  [[nodiscard]] std::vector<std::string> begin();  // domains with a sum
  void begin_domain(const std::string& domain);
  void set_buckets(const std::vector<std::string>& names);
  // The next bucket to count; none = all are done.
  [[nodiscard]] std::optional<std::string> begin_bucket();
  // Names to count, those that came up in between among them.
  [[nodiscard]] std::vector<std::string> set_accounts(const std::vector<std::string>& names);
  // While nothing changes this account.
  void counted(const std::string& account, const Totals& totals);
  void end_domain(bool complete);
  void end(bool complete);

 private:
  struct Sum {
    Totals totals;
    std::int64_t full_since = 0;
  };
  void note_in_count(const AccountPlace& place, const Totals& before, const Totals& after);

  mutable std::mutex mutex_;
  std::map<std::string, Sum> sums_;
  bool exact_ = false;
  std::uint64_t version_ = 0;
  std::uint64_t doubts_ = 0;
  std::uint64_t doubts_at_begin_ = 0;
  std::optional<DomainCount> count_;
};

constexpr const char* usage_file = "usage";
constexpr std::uint64_t max_usage_octets = std::uint64_t{64} << 20;

}  // namespace mailtree::store
