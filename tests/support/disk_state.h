// SPDX-License-Identifier: Apache-2.0
// DiskState: what is on a disk of files and directories, twice: as every program sees it, and as a power cut would
// leave it. Contents and names become durable apart: a file's by sync_data, names by sync_names of the directory they
// are in, everything by sync_all. Until then each write and each change of a name may be lost, come in any order, or be
// torn. It is not a file system: no permissions, no symbolic links, no limits. Not for several threads.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "support/dice.h"

namespace mailtree::test {

class DiskState {
 public:
  using Inode = std::uint64_t;
  static constexpr Inode none = 0;
  static constexpr Inode root = 1;

  // One name that comes (before = none), goes (after = none) or is replaced.
  struct NameChange {
    Inode directory = none;
    std::string name;
    Inode before = none;
    Inode after = none;
  };
  using Names = std::map<std::string, Inode>;

  DiskState();

  Inode make_file();
  Inode make_directory();
  [[nodiscard]] bool exists(Inode inode) const { return nodes_.contains(inode); }
  [[nodiscard]] bool is_directory(Inode inode) const { return nodes_.at(inode).directory; }
  [[nodiscard]] const std::string& content(Inode file) const { return nodes_.at(file).content; }
  [[nodiscard]] const Names& names(Inode directory) const { return nodes_.at(directory).names; }
  [[nodiscard]] std::uint64_t links(Inode inode) const { return nodes_.at(inode).links; }
  // Nanoseconds since 1970. As on a real file system several changes in a row have the same time.
  [[nodiscard]] std::int64_t modified_ns(Inode inode) const { return nodes_.at(inode).modified_ns; }
  // `path` of several components below a directory; none if a part is missing.
  [[nodiscard]] Inode find(Inode directory, std::string_view path) const;
  // As find(), by names that are durable.
  [[nodiscard]] Inode find_durable(Inode directory, std::string_view path) const;

  void write(Inode file, std::uint64_t offset, std::string_view octets);
  void truncate(Inode file, std::uint64_t size);
  // All of them at once: together they survive a cut, or none of them does.
  void change_names(std::vector<NameChange> changes);

  void sync_data(Inode file);
  // Changes of this directory's names, and earlier ones of other names that those build on.
  void sync_names(Inode directory);
  void sync_all();
  // A sync that failed: what waited for it looks clean from now on, so that later syncs pass it over and say that all
  // is well; whether a cut leaves any of it is open. Only a later change of the same name or octets takes its place.
  void fail_data(Inode file);
  void fail_names(Inode directory);

  // The power fails and comes back: what was not durable is decided by `dice`, and what is left is all there is.
  void cut(Dice& dice);

 private:
  struct Write {
    std::uint64_t offset = 0;
    std::string octets;
    bool truncates = false;  // to `offset`
    bool forgotten = false;  // by a failed sync
    bool durable = false;    // but comes after a forgotten one
  };
  struct Node {
    bool directory = false;
    std::string content;
    std::string durable_content;
    std::vector<Write> writes;  // whose outcome is not settled, oldest first
    Names names;
    Names durable_names;
    std::uint64_t links = 0;
    std::int64_t modified_ns = 0;
  };
  struct Operation {
    std::vector<NameChange> changes;
    bool forgotten = false;
  };

  Inode make(bool directory);
  Inode walk(Inode directory, std::string_view path, Names Node::*names) const;
  void touch(Node& node);
  void make_durable(const Operation& operation);
  void cut_names(Dice& dice);
  static void cut_content(Node& node, Dice& dice);
  void forget_unreachable();
  static void put(std::string& content, const Write& write);
  static void tear(std::string& content, const Write& write, Dice& dice);

  std::unordered_map<Inode, Node> nodes_;
  std::vector<Operation> operations_;  // on names, not durable, oldest first
  Inode last_ = root;
  std::int64_t changes_ = 0;
};

}  // namespace mailtree::test
