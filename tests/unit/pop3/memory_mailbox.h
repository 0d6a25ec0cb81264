// SPDX-License-Identifier: Apache-2.0
// A mailbox in memory files, and a session over it: a whole dialogue in, all answers out.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "loop/task_group.h"
#include "mime/line_ends.h"
#include "net/memory_stream.h"
#include "pop3/session.h"
#include "support/run_task.h"

namespace mailtree::pop3::testing {

struct Shelf {
  std::vector<std::string> messages;    // uid = position + 1
  std::vector<store::Uid> vanished;     // removed by somebody else since list()
  std::vector<store::UidSet> removals;  // what remove() was asked
  bool lists = true;
  bool removes = true;
  std::uint64_t lost_octets = 0;  // at the end of each file
};

class MemoryMailbox final : public Mailbox {
 public:
  explicit MemoryMailbox(Shelf& shelf) : shelf_(shelf) {}

  loop::Task<Result<std::vector<Message>>> list() override {
    std::vector<Message> out;
    if (!shelf_.lists) co_return Error::temporary(Condition::unavailable, "stored is away");
    for (std::size_t i = 0; i < shelf_.messages.size(); ++i) {
      Message message;
      message.octets = mime::crlf_size(shelf_.messages[i]);
      message.uid = static_cast<store::Uid>(i + 1);
      message.unique[0] = static_cast<unsigned char>(i);
      out.push_back(message);
    }
    co_return std::move(out);
  }

  loop::Task<Result<MessageFile>> open(store::Uid uid) override {
    const auto& gone = shelf_.vanished;
    if (std::find(gone.begin(), gone.end(), uid) != gone.end())
      co_return Error::permanent(Condition::no_such_message, "No such message");
    const std::string& text = shelf_.messages[uid - 1];
    UniqueFd file(::memfd_create("message", MFD_CLOEXEC));
    const std::size_t kept = text.size() - shelf_.lost_octets;
    if (::write(file.get(), text.data(), kept) != static_cast<ssize_t>(kept))
      co_return Error::temporary(Condition::storage, "write");
    MessageFile opened(std::move(file), text.size());
    co_return std::move(opened);
  }

  loop::Task<Result<void>> remove(store::UidSet uids) override {
    [[maybe_unused]] const int frame = 0;
    shelf_.removals.push_back(std::move(uids));
    if (!shelf_.removes) co_return Error::temporary(Condition::storage, "disk full");
    co_return Result<void>{};
  }

 private:
  Shelf& shelf_;
};

// Everything the client sends is there from the start; then its stream ends.
inline std::string talk(Shelf& shelf, std::string_view input, SessionLimits limits = {}) {
  std::string output;
  loop::Loop loop;
  {
    loop::WorkerPool pool(loop, 1);
    auto [server, client] = net::memory_stream_pair(loop);
    server->input() = std::string(input);
    {
      Session session(pool, limits, std::move(server), std::make_unique<MemoryMailbox>(shelf), "test");
      auto ended = client->shut(loop::Deadline::never());
      const auto both = [](loop::Task<Result<void>> shut, Session& running) -> loop::Task<void> {
        const auto done = co_await shut;
        static_cast<void>(done);
        co_await running.run();
      };
      test::run_task(loop, both(std::move(ended), session));
    }
    output = client->input();
  }
  return output;
}

}  // namespace mailtree::pop3::testing
