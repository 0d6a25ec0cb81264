// SPDX-License-Identifier: Apache-2.0
// Channel: framed messages, with descriptors (SCM_RIGHTS), over a connected Unix socket.
// Frame: u32 length of the rest, u16 type, u8 protocol version (1), u8 number of descriptors, u64 id, body.
// Little-endian: both ends are this machine. A frame over max_frame_bytes or of another version ends the channel.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "loop/poll_watcher.h"
#include "loop/signal.h"
#include "loop/task.h"

namespace mailtree::net {

struct Frame {
  std::uint16_t type = 0;
  std::uint64_t id = 0;
  std::string body;
  std::vector<UniqueFd> descriptors;  // at most 16
  Frame() = default;
  Frame(std::uint16_t t, std::uint64_t i, std::string b) : type(t), id(i), body(std::move(b)) {}
};

class Channel {
 public:
  Channel(loop::Loop& loop, UniqueFd socket);
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  static Result<UniqueFd> connect(const std::string& path);  // connecting a Unix socket does not wait

  // The next frame; Error{cancelled, closed} at the end of the channel.
  loop::Task<Result<Frame>> receive(loop::Deadline deadline);
  // Queues the frame and starts sending; never waits. Frames of a dead channel are dropped.
  void send(Frame frame);
  // Waits until the queue is below `high_water` octets: for those who could queue without end.
  loop::Task<Result<void>> drained(loop::Deadline deadline);
  static constexpr std::size_t high_water = 1024 * 1024;

  // Waits until the kernel has everything: before a channel is given up or turned into a stream.
  loop::Task<Result<void>> flushed(loop::Deadline deadline);

  void cancel(const Error& error);
  [[nodiscard]] bool dead() const { return failure_.has_value(); }
  [[nodiscard]] unsigned peer_uid() const { return peer_uid_; }  // SO_PEERCRED

  // For channels that turn into a byte stream after the first frame (session start): what was read beyond it, and the
  // socket. The channel is unusable afterwards.
  UniqueFd take_socket(std::string& unread);

 private:
  struct Outgoing {
    std::string bytes;
    std::size_t sent = 0;
    std::vector<UniqueFd> descriptors;
  };
  void ready(bool readable, bool writable);
  void read_some();
  void write_some();
  void update_watch();
  void fail(Error error);
  bool parse_one(Frame& frame);

  loop::Loop& loop_;
  UniqueFd socket_;
  std::unique_ptr<loop::PollWatcher> watcher_;
  loop::Signal readable_, drained_;
  std::string incoming_;
  std::size_t parsed_ = 0;
  std::deque<UniqueFd> incoming_descriptors_;
  std::deque<Outgoing> outgoing_;
  std::size_t outgoing_bytes_ = 0;
  std::optional<Error> failure_;
  bool ended_ = false;
  bool paused_ = false;
  unsigned peer_uid_ = 0;
};

}  // namespace mailtree::net
