// SPDX-License-Identifier: Apache-2.0
// Requests as clients of an account may make them, drawn by dice from what is known of it.
#pragma once

#include <cstdint>
#include <vector>

#include "histories/model.h"
#include "support/dice.h"

namespace mailtree::histories {

class Generator {
 public:
  explicit Generator(test::Dice& dice) : dice_(dice) {}

  // One batch: what waited for the account together. Repetitions of deliveries that look at files come alone.
  std::vector<Request> batch(Account& account, std::int64_t now);
  Message letter();

 private:
  Request one(Account& account, std::int64_t now);
  Request delivery(Account& account, std::int64_t now);
  Request repetition(Account& account, std::int64_t now);
  Request about_messages(const Account& account, Kind kind);
  Request about_folders(const Account& account, Kind kind);
  std::uint32_t folder(const Account& account);
  std::set<std::uint32_t> some_uids(const Folder& folder);
  std::set<std::string> some_keywords();
  unsigned some_flags();

  test::Dice& dice_;
  std::uint64_t letters_ = 0;
  std::uint64_t names_ = 0;
  std::uint64_t transactions_ = 0;
};

}  // namespace mailtree::histories
