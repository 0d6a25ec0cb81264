// SPDX-License-Identifier: Apache-2.0
// The table of administrative commands of one process, and the socket that serves it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/command.h"
#include "net/rpc.h"

namespace mailtree::admin {

struct CommandLine {
  std::string_view verb;
  std::string_view scope;         // kind of scope it is about: "server"
  std::size_t argument_count = 0;
  std::string_view help;          // one sentence
  std::function<CommandReply(const Command&)> run;
};

class CommandTable {
 public:
  explicit CommandTable(std::vector<CommandLine> lines) : lines_(std::move(lines)) {}

  // Carries `command` out, or says why not. Never throws, never waits.
  [[nodiscard]] CommandReply run(const Command& command) const;

  // Answers Command on `server`. Only peers whose uid is root's or ours are heard (RpcServer's default).
  void serve_on(net::RpcServer& server) const;

 private:
  std::vector<CommandLine> lines_;
};

}  // namespace mailtree::admin
