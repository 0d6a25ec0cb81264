// SPDX-License-Identifier: Apache-2.0
// A small loop of its own for one question.
#include "admin/client.h"

#include "loop/loop.h"
#include "loop/task_group.h"
#include "net/rpc.h"

namespace mailtree::admin {
namespace {

loop::Task<void> call(loop::Loop& loop, net::RpcClient& client, Command command, loop::Deadline deadline,
                      Result<CommandReply>& answer) {
  [[maybe_unused]] const int frame = 0;
  answer = co_await client.call(command, deadline);
  loop.stop();
}

}  // namespace

Result<CommandReply> ask(const std::string& socket_path, const Command& command, std::chrono::seconds patience) {
  Result<CommandReply> answer = Error::temporary(Condition::timeout, "no answer from " + socket_path);
  loop::Loop loop;
  loop::TaskGroup tasks(loop);
  {
    net::RpcClient client(loop, socket_path);
    tasks.spawn(call(loop, client, command, loop::Deadline::after(patience), answer));
    if (tasks.size() > 0) loop.run();
  }
  for (int round = 0; round < 3; ++round) loop.run_once();  // closing handles need a turn
  return answer;
}

}  // namespace mailtree::admin
