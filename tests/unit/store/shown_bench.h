// SPDX-License-Identifier: Apache-2.0
// An account that sessions have seen, and what was logged about it.
#pragma once

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "log/log.h"
#include "unit/store/fixtures.h"

namespace mailtree::store {

namespace fs = std::filesystem;
using Texts = std::vector<std::string>;

inline std::string heard;  // what was logged, for the test that runs

struct Listening {
  Listening() {
    heard.clear();
    log::set_sink([](std::string_view line) { heard += line; });
  }
  ~Listening() { log::set_sink(nullptr); }
};

inline bool was_logged(std::string_view event) {
  return heard.find(event) != std::string::npos;
}

inline std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A partition whose account is in the index, so that each change is published.
struct ShownBench : test::Bench {
  ShownBench() {
    for (unsigned char i = 1; i <= 3; ++i) deliver("m" + std::to_string(i), i);
    open_account();
  }
  void stop() {
    account.reset();
    index.reset();
    partition.reset();
  }
  FolderRow inbox() {
    const auto opened = open_account();
    BOOST_REQUIRE(opened->outcome.has_value());
    const auto row = (*IndexReader::open(index->path()))->folder(opened->reply.key, inbox_folder);
    BOOST_REQUIRE(row.has_value());
    return *row;
  }
  std::vector<std::uint32_t> uidvalidities() {
    const auto opened = open_account();
    BOOST_REQUIRE(opened->outcome.has_value());
    std::vector<std::uint32_t> all;
    const auto rows = (*IndexReader::open(index->path()))->folders(opened->reply.key);
    for (const FolderRow& row : *rows) all.push_back(row.uidvalidity);
    return all;
  }
  Changes changes_since(Modseq modseq) {
    const auto opened = open_account();
    const auto changes = (*IndexReader::open(index->path()))->changes(opened->reply.key, inbox_folder, modseq);
    BOOST_REQUIRE(changes.has_value());
    return *changes;
  }
  void flag_first_message() {
    Store store;
    store.folder = inbox_folder;
    store.uids = {{1, 1}};
    store.flags = flag::seen;
    flagged = !flagged;
    store.mode = static_cast<std::uint8_t>(flagged ? FlagMode::add : FlagMode::remove);
    BOOST_REQUIRE(perform<StoreOperation>(store)->outcome.has_value());
  }
  [[nodiscard]] Texts aside() const {
    Texts paths;
    if (!fs::exists(account_path() + "/aside")) return paths;
    for (const auto& entry : fs::directory_iterator(account_path() + "/aside")) paths.push_back(entry.path());
    return paths;
  }
  // The file in INBOX with this content; empty if there is none.
  [[nodiscard]] std::string file_of(const std::string& text) const {
    for (const auto& entry : fs::directory_iterator(account_path() + "/Maildir/cur")) {
      if (entry.symlink_status().type() == fs::file_type::regular && content_of(entry.path()) == text)
        return entry.path();
    }
    return {};
  }
  [[nodiscard]] std::string log() const { return account_path() + "/log"; }
  bool flagged = false;
};

}  // namespace mailtree::store
