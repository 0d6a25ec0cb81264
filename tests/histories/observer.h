// SPDX-License-Identifier: Apache-2.0
// Observer: a session that looks at the index at every moment. What it was shown once is a promise, whether anybody got
// a reply or not: a UID keeps its content for ever, goes only when somebody asked for it and never comes back, nothing
// new comes below a UIDNEXT, and no number goes back, whatever cut lies between.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "histories/model.h"

namespace mailtree::histories {

class Observer {
 public:
  // What a look showed. `asked`: requests without an answer, which may have happened or not.
  void see(const std::map<std::uint32_t, Folder>& folders, std::uint64_t modseq, const std::vector<Request>& asked,
           std::vector<std::string>& complaints);
  // What an answer takes away may be gone from now on.
  void answered(const Request& request, const Reply& reply);

 private:
  using Number = std::pair<std::uint32_t, std::uint32_t>;  // uidvalidity, uid
  void see_folder(const Folder& before, const Folder& now, const std::vector<Request>& asked,
                  std::vector<std::string>& complaints);
  void see_messages(const Folder& now, std::vector<std::string>& complaints);
  void forget(Folder& folder, std::uint32_t uid);

  std::map<std::uint32_t, Folder> folders_;  // as seen last, without what answers took away since
  std::uint64_t modseq_ = 0;
  std::map<Number, std::string> contents_;
  std::set<Number> gone_;
  std::map<std::uint32_t, std::uint32_t> uidvalidities_;  // -> folder id
};

}  // namespace mailtree::histories
