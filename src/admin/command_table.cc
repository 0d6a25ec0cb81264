// SPDX-License-Identifier: Apache-2.0
// Looks a command up, runs it, logs who asked.
#include "admin/command_table.h"

#include "log/log.h"

namespace mailtree::admin {
namespace {

constexpr std::int32_t usage = 64;  // EX_USAGE of sysexits.h

loop::Task<Result<CommandReply>> answer(const CommandTable* table, net::RpcRequest<Command> request) {
  Command command = std::move(request.message);
  command.principal = "uid:" + std::to_string(request.peer->channel().peer_uid());
  co_return table->run(command);
}

}  // namespace

CommandReply CommandTable::run(const Command& command) const {
  for (const CommandLine& line : lines_) {
    if (line.verb != command.verb || line.scope != command.scope) continue;
    if (command.arguments.size() != line.argument_count) {
      return {usage, command.verb + " takes " + std::to_string(line.argument_count) + " arguments\n"};
    }
    CommandReply reply = line.run(command);
    log::event(log::Level::info, "admin.command.done",
               {{"principal", command.principal}, {"verb", command.verb}, {"status", reply.status}});
    return reply;
  }
  log::event(log::Level::warning, "admin.command.refused",
             {{"principal", command.principal}, {"verb", command.verb}, {"scope", command.scope}});
  return {usage, "unknown command '" + command.verb + "'\n"};
}

void CommandTable::serve_on(net::RpcServer& server) const {
  server.on<Command>([this](net::RpcRequest<Command> request) { return answer(this, std::move(request)); });
}

}  // namespace mailtree::admin
