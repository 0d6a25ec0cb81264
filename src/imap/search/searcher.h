// SPDX-License-Identifier: Apache-2.0
// SEARCH at work: rows in chunks, files only where a row does not decide, in slices so that other sessions are served.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "imap/search/search_plan.h"
#include "imap/session.h"

namespace mailtree::imap {

class Searcher {
 public:
  Searcher(Session& session, std::shared_ptr<const SearchPlan> plan) : session_(session), plan_(std::move(plan)) {}

  // Positions in the view of all that match, ascending.
  Task<Result<std::vector<std::uint32_t>>> run();

 private:
  Task<Result<void>> search_chunk(Run run);
  Task<Result<bool>> match_message(RowFacts facts);
  Task<Result<void>> pause();

  Session& session_;
  std::shared_ptr<const SearchPlan> plan_;
  std::unique_ptr<store::AccountRow> account_row_;
  store::FolderRow folder_;
  std::vector<std::uint32_t> found_;
  std::chrono::steady_clock::time_point slice_start_;
};

}  // namespace mailtree::imap
