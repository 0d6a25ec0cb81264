// SPDX-License-Identifier: Apache-2.0
// Catalogue I06: at most a slice of time per turn of the loop; a client that has gone is noticed between slices.
#include "imap/search/searcher.h"

#include "imap/fetch/message_opener.h"
#include "loop/signal.h"

namespace mailtree::imap {
namespace {

constexpr std::size_t rows_at_once = 1000;
constexpr std::chrono::milliseconds slice{10};

}  // namespace

Task<Result<std::vector<std::uint32_t>>> Searcher::run() {
  const std::vector<Run> candidates = plan_->candidates();
  auto account_row = session_.index().account(session_.account().key());
  if (!account_row) co_return account_row.error();
  account_row_ = std::make_unique<store::AccountRow>(std::move(*account_row));
  slice_start_ = std::chrono::steady_clock::now();
  for (Run run : candidates) {
    while (run.count > 0) {
      const Run part{run.first, std::min(run.count, rows_at_once)};
      run.first += part.count;
      run.count -= part.count;
      const auto searched = co_await search_chunk(part);
      if (!searched) co_return searched.error();
    }
  }
  co_return std::move(found_);
}

// Lets others work when our slice is over.
Task<Result<void>> Searcher::pause() {
  const auto now = std::chrono::steady_clock::now();
  if (now - slice_start_ < slice) co_return Result<void>{};
  if (session_.peer_gone()) co_return Error::cancelled(Condition::closed, "client has gone");
  co_await loop::yield(session_.loop());
  slice_start_ = std::chrono::steady_clock::now();
  co_return Result<void>{};
}

Task<Result<void>> Searcher::search_chunk(Run run) {
  const MailboxView& view = *session_.view();
  std::vector<std::pair<std::uint32_t, store::MessageRow>> undecided;
  std::size_t position = run.first;
  const auto visit = [this, &view, &undecided, &position](const store::MessageRow& row) {
    while (view.uid_at(position) < row.uid) ++position;
    if (view.uid_at(position) != row.uid) return true;
    const auto number = static_cast<std::uint32_t>(position);
    const SearchPlan::Truth truth = plan_->match({&row, number + 1, view.is_recent(row.uid)});
    if (truth == SearchPlan::Truth::yes) found_.push_back(number);
    if (truth == SearchPlan::Truth::needs_message) undecided.emplace_back(number, row);
    return true;
  };
  const std::size_t found_before = found_.size();
  auto folder = session_.index().for_each(session_.account().key(), view.folder(), view.uid_at(run.first),
                                          view.uid_at(run.first + run.count - 1), visit);
  if (!folder) co_return folder.error();
  folder_ = std::move(*folder);
  for (const auto& [number, row] : undecided) {
    const RowFacts facts{&row, number + 1, view.is_recent(row.uid)};
    const auto matched = co_await match_message(facts);
    if (!matched && matched.error().condition != Condition::no_such_message) co_return matched.error();
    if (matched && *matched) found_.push_back(number);
    const auto paused = co_await pause();
    if (!paused) co_return paused.error();
  }
  std::sort(found_.begin() + static_cast<std::ptrdiff_t>(found_before), found_.end());
  const auto paused = co_await pause();
  co_return paused;
}

Task<Result<bool>> Searcher::match_message(RowFacts facts) {
  auto message = co_await open_message(session_, *account_row_, folder_, *facts.row);
  if (!message) co_return message.error();
  if (plan_->needs() == SearchPlan::Needs::header) {
    const auto header = co_await (*message)->header();
    if (!header) co_return header.error();
    MessageText text(*header);
    co_return plan_->match(facts, text);
  }
  const auto loaded = co_await (*message)->load_whole();
  if (!loaded) co_return loaded.error();
  if ((*message)->octets() <= small_message_bytes) {
    MessageText text((*message)->text());
    co_return plan_->match(facts, text);
  }
  // Decoding and folding megabytes takes longer than a slice: on the pool.
  std::shared_ptr<MessageFile> shared = std::move(*message);
  auto job = [plan = plan_, shared, facts] {
    MessageText text(shared->text());
    return plan->match(facts, text);
  };
  const bool matched = co_await session_.pool().run(std::move(job));
  co_return bool{matched};
}

}  // namespace mailtree::imap
