// SPDX-License-Identifier: Apache-2.0
// The conversation of this process with one stored, and the index readers its sessions share.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "loop/loop.h"
#include "net/rpc.h"
#include "store/index_reader.h"
#include "store/messages.h"

namespace mailtree::pop3 {

class StoreLink {
 public:
  StoreLink(loop::Loop& loop, std::string socket_path) : loop_(loop), rpc_(loop, std::move(socket_path)) {}

  struct OpenedAccount {
    store::AccountKey key = 0;
    std::string path;  // of the account's directory
    std::shared_ptr<store::IndexReader> index;
  };
  loop::Task<Result<OpenedAccount>> open(store::AccountName name, store::Quota quota);

  [[nodiscard]] loop::Loop& loop() { return loop_; }
  [[nodiscard]] net::RpcClient& rpc() { return rpc_; }
  // A change waits for a sync of the disk behind others; more than this means trouble.
  [[nodiscard]] static loop::Deadline patience() { return loop::Deadline::after(std::chrono::seconds(60)); }
  // At a login a person waits, and can try again.
  [[nodiscard]] static loop::Deadline opening_patience() { return loop::Deadline::after(std::chrono::seconds(20)); }

 private:
  Result<std::shared_ptr<store::IndexReader>> reader(const std::string& path);

  loop::Loop& loop_;
  net::RpcClient rpc_;
  std::map<std::string, std::weak_ptr<store::IndexReader>> readers_;  // LMDB: never twice in a process
  std::shared_ptr<store::IndexReader> newest_;                        // stays open between sessions
};

}  // namespace mailtree::pop3
