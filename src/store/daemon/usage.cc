// SPDX-License-Identifier: Apache-2.0
// Sums of domains: changes, the file's text, and a recount beside both.
#include "store/daemon/usage.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/encoding.h"
#include "store/crc32c.h"
#include "store/daemon/partition.h"
#include "store/octets.h"

namespace mailtree::store {
namespace {

constexpr std::string_view heading = "mailtree usage 1";
constexpr std::uint64_t max_sum = std::uint64_t{1} << 62;

// Estimates can be off: a sum stops at zero rather than becoming huge.
void add(std::uint64_t& sum, std::uint64_t before, std::uint64_t after) {
  const std::uint64_t raised = sum + after;
  sum = raised > before ? raised - before : 0;
}

void add(Totals& sum, const Totals& before, const Totals& after) {
  add(sum.bytes, before.bytes, after.bytes);
  add(sum.messages, before.messages, after.messages);
}

std::string checksum(std::string_view text) {
  std::string octets;
  put_big(octets, crc32c(0, text));
  return hex_encode(octets);
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

std::optional<std::uint64_t> take_last_number(std::string_view& line) {
  const std::size_t space = line.rfind(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const auto number = ascii::number<std::uint64_t>(line.substr(space + 1), max_sum);
  line = line.substr(0, space);
  return number;
}

Error damaged() {
  return Error::temporary(Condition::damaged, "the file usage does not parse");
}

}  // namespace

Totals Usage::of(const std::string& domain) const {
  const std::lock_guard lock(mutex_);
  const auto found = sums_.find(domain);
  return found == sums_.end() ? Totals{} : found->second.totals;
}

bool Usage::is_exact() const {
  const std::lock_guard lock(mutex_);
  return exact_;
}

std::uint64_t Usage::version() const {
  const std::lock_guard lock(mutex_);
  return version_;
}

void Usage::change(const AccountPlace& place, const Totals& before, const Totals& after) {
  if (before == after) return;
  const std::lock_guard lock(mutex_);
  ++version_;
  add(sums_[place.domain].totals, before, after);
  if (count_ && count_->domain == place.domain) note_in_count(place, before, after);
}

void Usage::note_in_count(const AccountPlace& place, const Totals& before, const Totals& after) {
  DomainCount& count = *count_;
  if (place.bucket == count.bucket) {
    if (!count.accounts_known) count.accounts.insert(place.leaf);
    if (count.accounts.contains(place.leaf)) return;
  } else {
    if (!count.buckets_known) count.buckets.insert(place.bucket);
    if (count.buckets.contains(place.bucket)) return;
  }
  add(count.totals, before, after);
}

void Usage::doubt() {
  const std::lock_guard lock(mutex_);
  ++version_;
  ++doubts_;
  exact_ = false;
}

std::int64_t Usage::full_since(const std::string& domain) const {
  const std::lock_guard lock(mutex_);
  const auto found = sums_.find(domain);
  return found == sums_.end() ? 0 : found->second.full_since;
}

void Usage::set_full_since(const std::string& domain, std::int64_t time) {
  const std::lock_guard lock(mutex_);
  Sum& sum = sums_[domain];
  if (sum.full_since == time) return;
  sum.full_since = time;
  ++version_;
}

std::string Usage::text(std::uint64_t generation, bool settled) const {
  const std::lock_guard lock(mutex_);
  std::string out(heading);
  out += "\ngeneration " + std::to_string(generation) + "\nexact " + (exact_ && settled ? "1" : "0") + "\n";
  for (const auto& [domain, sum] : sums_) {
    out += domain;
    for (const std::uint64_t number :
         {sum.totals.bytes, sum.totals.messages, static_cast<std::uint64_t>(sum.full_since)}) {
      out += ' ' + std::to_string(number);
    }
    out += '\n';
  }
  return out + "end " + checksum(out) + "\n";
}

Result<void> Usage::read(std::string_view text, std::uint64_t generation) {
  const std::size_t end = text.rfind("end ");
  if (end == std::string_view::npos || text.substr(end) != "end " + checksum(text.substr(0, end)) + "\n") {
    return damaged();
  }
  std::string_view rest = text.substr(0, end);
  if (take_line(rest) != heading) return damaged();
  std::string_view line = take_line(rest);
  const auto written_in = take_last_number(line);
  line = take_line(rest);
  const auto exact = take_last_number(line);
  std::map<std::string, Sum> sums;
  while (!rest.empty()) {
    line = take_line(rest);
    const auto since = take_last_number(line);
    const auto messages = take_last_number(line);
    const auto bytes = take_last_number(line);
    if (!since || !messages || !bytes || line.empty()) return damaged();
    sums[std::string(line)] = {{*bytes, *messages}, static_cast<std::int64_t>(*since)};
  }
  if (!written_in || !exact) return damaged();
  const std::lock_guard lock(mutex_);
  sums_ = std::move(sums);
  exact_ = *exact == 1 && *written_in + 1 == generation;
  return {};
}

std::vector<std::string> Usage::begin() {
  const std::lock_guard lock(mutex_);
  doubts_at_begin_ = doubts_;
  std::vector<std::string> domains;
  for (const auto& [domain, sum] : sums_) domains.push_back(domain);
  return domains;
}

void Usage::begin_domain(const std::string& domain) {
  const std::lock_guard lock(mutex_);
  count_.emplace().domain = domain;
}

void Usage::set_buckets(const std::vector<std::string>& names) {
  const std::lock_guard lock(mutex_);
  count_->buckets.insert(names.begin(), names.end());
  count_->buckets_known = true;
}

std::optional<std::string> Usage::begin_bucket() {
  const std::lock_guard lock(mutex_);
  DomainCount& count = *count_;
  if (count.buckets.empty()) return std::nullopt;
  count.bucket = count.buckets.extract(count.buckets.begin()).value();
  count.accounts.clear();
  count.accounts_known = false;
  return count.bucket;
}

std::vector<std::string> Usage::set_accounts(const std::vector<std::string>& names) {
  const std::lock_guard lock(mutex_);
  count_->accounts.insert(names.begin(), names.end());
  count_->accounts_known = true;
  return {count_->accounts.begin(), count_->accounts.end()};
}

void Usage::counted(const std::string& account, const Totals& totals) {
  const std::lock_guard lock(mutex_);
  if (!count_ || count_->accounts.erase(account) == 0) return;
  add(count_->totals, {}, totals);
}

void Usage::end_domain(bool complete) {
  const std::lock_guard lock(mutex_);
  if (complete) {
    const auto found = sums_.find(count_->domain);
    if (found != sums_.end() || count_->totals != Totals{}) {
      Totals& sum = sums_[count_->domain].totals;
      if (sum != count_->totals) ++version_;
      sum = count_->totals;
    }
  }
  count_.reset();
}

void Usage::end(bool complete) {
  const std::lock_guard lock(mutex_);
  const bool exact = complete && doubts_ == doubts_at_begin_;
  if (exact != exact_) ++version_;
  exact_ = exact_ || exact;
}

}  // namespace mailtree::store
