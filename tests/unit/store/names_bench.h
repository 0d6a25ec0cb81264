// SPDX-License-Identifier: Apache-2.0
// Accounts whose file names are looked at, and another program's hand on them.
#pragma once

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>
#include <utility>
#include <vector>

#include "store/file_name.h"
#include "unit/store/shown_bench.h"
#include "unit/store/simulated_bench.h"

namespace mailtree::store {

constexpr auto add = FlagMode::add;
constexpr auto take_away = FlagMode::remove;

template <typename AnyBench>
void change_flags(AnyBench& bench, Uid uid, FlagMode mode, std::uint8_t flags, Uid last = 0) {
  Store request;
  request.folder = inbox_folder;
  request.uids = {{uid, std::max(uid, last)}};
  request.mode = static_cast<std::uint8_t>(mode);
  request.flags = flags;
  BOOST_REQUIRE(bench.template perform<StoreOperation>(request)->outcome.has_value());
}

// Letters behind the names in cur/ of INBOX, in the order of the uids; "?" for what is not of ours.
inline Texts letters(std::vector<std::string> names) {
  std::vector<std::pair<Uid, std::string>> found;
  for (const std::string& name : names) {
    const ParsedFileName parsed = parse_file_name(name);
    found.emplace_back(parsed.uid, parsed.ours ? name.substr(name.rfind(',') + 1) : "?");
  }
  std::sort(found.begin(), found.end());
  Texts all;
  for (auto& [uid, flags] : found) all.push_back(std::move(flags));
  return all;
}
inline Texts letters(const test::Bench& bench) {
  Texts names;
  for (const auto& entry : fs::directory_iterator(bench.account_path() + "/Maildir/cur")) {
    names.push_back(entry.path().filename());
  }
  return letters(std::move(names));
}
inline Texts letters(test::SimulatedBench& bench) {
  return letters(bench.names("Maildir/cur"));
}

// Flags of INBOX as a session reads them, after it was opened.
template <typename AnyBench>
std::vector<unsigned> flags(AnyBench& bench) {
  const auto opened = bench.template perform<OpenAccountOperation>(OpenAccount{});
  BOOST_REQUIRE(opened->outcome.has_value());
  BOOST_REQUIRE(bench.open_mailbox(inbox_folder)->outcome.has_value());
  const auto reader = IndexReader::open(bench.index->path());
  const auto rows = (*reader)->messages(opened->reply.key, inbox_folder, 1, UINT32_MAX, 100000);
  BOOST_REQUIRE(rows.has_value());
  std::vector<unsigned> all;
  for (const MessageRow& row : *rows) all.push_back(row.flags);
  return all;
}
using Flags = std::vector<unsigned>;

// Another program's hand on the name of the file with this content.
inline void rename_as(ShownBench& bench, const std::string& text, const std::string& flags) {
  const std::string path = bench.file_of(text);
  fs::rename(path, path.substr(0, path.rfind(',') + 1) + flags);
  bench.clock.now += 60;
}

struct ThreeMessages : test::SimulatedBench {
  explicit ThreeMessages(LogLimits limits = {}) : SimulatedBench(limits) {
    for (unsigned char i = 1; i <= 3; ++i) deliver("m" + std::to_string(i), i);
    perform<OpenAccountOperation>(OpenAccount{});
  }
};
inline const Texts all_texts = {"m1", "m2", "m3"};

}  // namespace mailtree::store
