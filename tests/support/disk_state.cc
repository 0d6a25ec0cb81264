// SPDX-License-Identifier: Apache-2.0
// Changes, syncs and cuts of a simulated disk.
#include "support/disk_state.h"

#include <algorithm>
#include <set>

namespace mailtree::test {
namespace {

constexpr std::size_t block_octets = 512;  // what a disk writes as a whole
constexpr std::int64_t first_time_ns = 1'780'000'000'000'000'000;
constexpr std::int64_t changes_a_tick = 3;  // of the file system's clock
constexpr std::int64_t tick_ns = 4'000'000;

}  // namespace

DiskState::DiskState() {
  nodes_[root].directory = true;
  nodes_[root].links = 1;
}

DiskState::Inode DiskState::make(bool directory) {
  Node node;
  node.directory = directory;
  touch(node);
  nodes_.emplace(++last_, std::move(node));
  return last_;
}
DiskState::Inode DiskState::make_file() {
  return make(false);
}
DiskState::Inode DiskState::make_directory() {
  return make(true);
}

void DiskState::touch(Node& node) {
  node.modified_ns = first_time_ns + ++changes_ / changes_a_tick * tick_ns;
}

DiskState::Inode DiskState::find(Inode directory, std::string_view path) const {
  return walk(directory, path, &Node::names);
}

DiskState::Inode DiskState::find_durable(Inode directory, std::string_view path) const {
  return walk(directory, path, &Node::durable_names);
}

DiskState::Inode DiskState::walk(Inode directory, std::string_view path, Names Node::*names) const {
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string part(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
    if (part.empty() || part == ".") continue;
    const auto node = nodes_.find(directory);
    if (node == nodes_.end()) return none;
    const Names& here = node->second.*names;
    const auto found = here.find(part);
    if (found == here.end()) return none;
    directory = found->second;
  }
  return directory;
}

void DiskState::put(std::string& content, const Write& write) {
  if (write.truncates) {
    content.resize(static_cast<std::size_t>(write.offset), '\0');
    return;
  }
  const auto begin = static_cast<std::size_t>(write.offset);
  if (content.size() < begin + write.octets.size()) content.resize(begin + write.octets.size(), '\0');
  content.replace(begin, write.octets.size(), write.octets);
}

void DiskState::write(Inode file, std::uint64_t offset, std::string_view octets) {
  Node& node = nodes_.at(file);
  node.writes.push_back({offset, std::string(octets)});
  put(node.content, node.writes.back());
  touch(node);
}

void DiskState::truncate(Inode file, std::uint64_t size) {
  Node& node = nodes_.at(file);
  node.writes.push_back({size, {}, true});
  put(node.content, node.writes.back());
  touch(node);
}

void DiskState::change_names(std::vector<NameChange> changes) {
  for (const NameChange& change : changes) {
    Node& directory = nodes_.at(change.directory);
    if (change.before != none) --nodes_.at(change.before).links;
    if (change.after != none) {
      ++nodes_.at(change.after).links;
      directory.names[change.name] = change.after;
    } else {
      directory.names.erase(change.name);
    }
    touch(directory);
  }
  operations_.push_back({std::move(changes), false});
}

void DiskState::sync_data(Inode file) {
  Node& node = nodes_.at(file);
  bool settled = true;
  for (Write& write : node.writes) {
    settled = settled && !write.forgotten;
    write.durable = !write.forgotten;
    if (settled) put(node.durable_content, write);
  }
  const auto first = std::find_if(node.writes.begin(), node.writes.end(), [](const Write& w) { return w.forgotten; });
  node.writes.erase(node.writes.begin(), first);
}

void DiskState::make_durable(const Operation& operation) {
  for (const NameChange& change : operation.changes) {
    Names& names = nodes_.at(change.directory).durable_names;
    if (change.after != none) {
      names[change.name] = change.after;
    } else {
      names.erase(change.name);
    }
  }
}

void DiskState::sync_names(Inode directory) {
  std::set<std::pair<Inode, std::string>> needed;
  std::vector<bool> due(operations_.size(), false);
  for (std::size_t i = operations_.size(); i-- > 0;) {
    const Operation& operation = operations_[i];
    for (const NameChange& change : operation.changes) {
      if (change.directory == directory && !operation.forgotten) due[i] = true;
      if (needed.contains({change.directory, change.name})) due[i] = true;
    }
    if (!due[i]) continue;
    for (const NameChange& change : operation.changes) needed.emplace(change.directory, change.name);
  }
  std::vector<Operation> left;
  for (std::size_t i = 0; i < operations_.size(); ++i) {
    if (due[i]) {
      make_durable(operations_[i]);
    } else {
      left.push_back(std::move(operations_[i]));
    }
  }
  operations_ = std::move(left);
}

void DiskState::sync_all() {
  for (auto& [inode, node] : nodes_) {
    if (!node.directory) sync_data(inode);
  }
  for (const Operation& operation : operations_) make_durable(operation);
  operations_.clear();
}

void DiskState::fail_data(Inode file) {
  for (Write& write : nodes_.at(file).writes) write.forgotten = !write.durable;
}

void DiskState::fail_names(Inode directory) {
  for (Operation& operation : operations_) {
    for (const NameChange& change : operation.changes) {
      if (change.directory == directory) operation.forgotten = true;
    }
  }
}

void DiskState::cut_names(Dice& dice) {
  const std::size_t way = dice.below(5);
  const std::size_t chosen = operations_.empty() ? 0 : dice.below(operations_.size() + 1);
  for (std::size_t i = 0; i < operations_.size(); ++i) {
    bool survives = false;
    if (way == 1) survives = true;
    if (way == 2) survives = dice.one_in(2);
    if (way == 3) survives = i < chosen;   // in order, as most journals do
    if (way == 4) survives = i >= chosen;  // the last first
    if (survives) make_durable(operations_[i]);
  }
  operations_.clear();
}

void DiskState::tear(std::string& content, const Write& write, Dice& dice) {
  if (write.truncates) {
    if (dice.one_in(2)) put(content, write);
    return;
  }
  const std::size_t way = dice.below(3);
  if (way == 0) {  // any prefix
    put(content, {write.offset, write.octets.substr(0, dice.below(write.octets.size() + 1))});
    return;
  }
  for (std::size_t at = 0; at < write.octets.size();) {
    const std::size_t whole = block_octets - static_cast<std::size_t>((write.offset + at) % block_octets);
    const std::size_t count = std::min(whole, write.octets.size() - at);
    if (dice.one_in(2)) put(content, {write.offset + at, write.octets.substr(at, count)});
    at += count;
  }
  // The new size may be durable without what should be there.
  const std::size_t end = static_cast<std::size_t>(write.offset) + write.octets.size();
  if (way == 2 && content.size() < end) content.resize(end, '\0');
}

void DiskState::cut_content(Node& node, Dice& dice) {
  const std::size_t way = dice.below(4);
  const std::size_t chosen = node.writes.empty() ? 0 : dice.below(node.writes.size() + 1);
  for (std::size_t i = 0; i < node.writes.size(); ++i) {
    if (node.writes[i].durable) {
      put(node.durable_content, node.writes[i]);
      continue;
    }
    if (way == 1) put(node.durable_content, node.writes[i]);
    if (way == 2) tear(node.durable_content, node.writes[i], dice);
    if (way == 3 && i < chosen) put(node.durable_content, node.writes[i]);
    if (way == 3 && i == chosen) tear(node.durable_content, node.writes[i], dice);
  }
  node.writes.clear();
  node.content = node.durable_content;
}

void DiskState::forget_unreachable() {
  std::set<Inode> seen = {root};
  std::vector<Inode> todo = {root};
  for (auto& [inode, node] : nodes_) node.links = 0;
  while (!todo.empty()) {
    const Node& node = nodes_.at(todo.back());
    todo.pop_back();
    for (const auto& [name, inode] : node.names) {
      ++nodes_.at(inode).links;
      if (seen.insert(inode).second) todo.push_back(inode);
    }
  }
  std::erase_if(nodes_, [&seen](const auto& entry) { return !seen.contains(entry.first); });
}

void DiskState::cut(Dice& dice) {
  cut_names(dice);
  std::vector<Inode> files;  // in an order that a seed repeats
  for (auto& [inode, node] : nodes_) {
    node.names = node.durable_names;
    if (!node.directory && !node.writes.empty()) files.push_back(inode);
  }
  std::sort(files.begin(), files.end());
  for (const Inode file : files) cut_content(nodes_.at(file), dice);
  forget_unreachable();
}

}  // namespace mailtree::test
