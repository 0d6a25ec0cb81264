// SPDX-License-Identifier: Apache-2.0
#include "front/splice.h"

#include "loop/task_group.h"

namespace mailtree::front {
namespace {

using loop::Deadline;

// A side that does not take output is given up after this long (I08).
constexpr std::chrono::minutes blocked_output{5};

loop::Task<void> carry(net::Stream& from, net::Stream& to) {
  std::string octets;
  for (;;) {
    // What came during the last write goes first: fill() would wait for more, and a stream that holds as much as it
    // may reads no more until it is emptied.
    if (from.input().empty()) {
      const auto filled = co_await from.fill(Deadline::never());  // the session behind keeps the idle deadline
      if (!filled) break;
      if (*filled == 0) {
        const auto shut = co_await to.shut(Deadline::after(blocked_output));
        static_cast<void>(shut);
        co_return;
      }
    }
    octets.swap(from.input());
    const auto written = co_await to.write(octets, Deadline::after(blocked_output));
    if (!written) break;
    std::string().swap(octets);  // an idle session keeps no buffer
  }
  const Error gone = Error::cancelled(Condition::closed, "other side of the splice ended");
  to.cancel(gone);
  from.cancel(gone);
}

}  // namespace

loop::Task<void> splice(loop::Loop& loop, net::Stream& client, net::Stream& server) {
  loop::TaskGroup towards_server(loop);
  towards_server.spawn(carry(client, server));
  co_await carry(server, client);
  // The server's side ended: nothing the client still says can be answered.
  client.cancel(Error::cancelled(Condition::closed, "session ended"));
  const auto ended = co_await towards_server.wait(Deadline::never());
  static_cast<void>(ended);
}

}  // namespace mailtree::front
