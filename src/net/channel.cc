// SPDX-License-Identifier: Apache-2.0
#include "net/channel.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "net/wire.h"

namespace mailtree::net {
namespace {

constexpr std::size_t header_bytes = 16;
constexpr std::size_t max_descriptors = 16;
constexpr std::uint8_t protocol_version = 1;
// Reading pauses when this much lies unparsed beyond the frame in work.
constexpr std::size_t read_ahead_bytes = 4 * 1024 * 1024;

template <typename T>
T load(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <typename T>
void store(std::string& to, T value) {
  to.append(reinterpret_cast<const char*>(&value), sizeof value);
}

Error closed() {
  return Error::cancelled(Condition::closed, "end of channel");
}

}  // namespace

Result<UniqueFd> Channel::connect(const std::string& path) {
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path)
    return Error::temporary(Condition::too_long, "socket path over 107 octets: " + path);
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return Error::temporary(Condition::limit, std::string("socket: ") + std::strerror(errno));
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return Error::temporary(Condition::unavailable, "connect " + path + ": " + std::strerror(errno));
  return fd;
}

Channel::Channel(loop::Loop& loop, UniqueFd socket)
    : loop_(loop), socket_(std::move(socket)), readable_(loop), drained_(loop) {
  ucred peer{};
  socklen_t size = sizeof peer;
  peer_uid_ = getsockopt(socket_.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.uid : ~0U;
  watcher_ = std::make_unique<loop::PollWatcher>(loop_, socket_.get(),
                                                 [this](bool readable, bool writable) { ready(readable, writable); });
  update_watch();
}

Channel::~Channel() = default;

void Channel::update_watch() {
  if (failure_ || !watcher_) return;
  watcher_->watch(!paused_ && !ended_, !outgoing_.empty());
}

void Channel::ready(bool readable, bool writable) {
  if (writable) write_some();
  if (readable && !failure_) read_some();
  if (!failure_) update_watch();
}

void Channel::read_some() {
  std::array<char, 65536>& buffer = *reinterpret_cast<std::array<char, 65536>*>(loop_.read_buffer());
  static_assert(loop::Loop::read_buffer_bytes >= sizeof buffer);
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * max_descriptors)];
  for (int round = 0; round < 16; ++round) {
    iovec piece{buffer.data(), buffer.size()};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t got = ::recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC);
    if (got < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) fail(Error::cancelled(Condition::closed, std::string("recvmsg: ") + std::strerror(errno)));
      break;
    }
    for (cmsghdr* item = CMSG_FIRSTHDR(&message); item != nullptr; item = CMSG_NXTHDR(&message, item)) {
      if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_RIGHTS) continue;
      const std::size_t count = (item->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (std::size_t i = 0; i < count; ++i)
        incoming_descriptors_.emplace_back(load<int>(reinterpret_cast<const char*>(CMSG_DATA(item)) + i * sizeof(int)));
    }
    if (got == 0) {
      ended_ = true;
      break;
    }
    incoming_.append(buffer.data(), static_cast<std::size_t>(got));
    if (incoming_.size() - parsed_ >= read_ahead_bytes) {
      paused_ = true;
      break;
    }
    if (static_cast<std::size_t>(got) < buffer.size()) break;
  }
  readable_.set();
}

bool Channel::parse_one(Frame& frame) {
  const std::size_t have = incoming_.size() - parsed_;
  if (have < header_bytes) return false;
  const char* at = incoming_.data() + parsed_;
  const auto rest = load<std::uint32_t>(at);
  const auto version = load<std::uint8_t>(at + 6);
  const auto descriptors = load<std::uint8_t>(at + 7);
  if (rest < header_bytes - 4 || rest > max_frame_bytes || version != protocol_version ||
      descriptors > max_descriptors) {
    fail(Error::temporary(Condition::syntax, "bad frame between processes"));
    return false;
  }
  const std::size_t whole = 4 + static_cast<std::size_t>(rest);
  if (have < whole) {
    paused_ = false;  // one large frame may exceed the read-ahead
    return false;
  }
  if (incoming_descriptors_.size() < descriptors) {
    fail(Error::temporary(Condition::syntax, "descriptors missing from a frame"));
    return false;
  }
  frame.type = load<std::uint16_t>(at + 4);
  frame.id = load<std::uint64_t>(at + 8);
  frame.body.assign(at + header_bytes, whole - header_bytes);
  for (std::size_t i = 0; i < descriptors; ++i) {
    frame.descriptors.push_back(std::move(incoming_descriptors_.front()));
    incoming_descriptors_.pop_front();
  }
  parsed_ += whole;
  if (parsed_ == incoming_.size()) {
    incoming_.clear();
    if (incoming_.capacity() > 64 * 1024) incoming_.shrink_to_fit();
    parsed_ = 0;
  } else if (parsed_ > 256 * 1024) {
    incoming_.erase(0, parsed_);
    parsed_ = 0;
  }
  return true;
}

loop::Task<Result<Frame>> Channel::receive(loop::Deadline deadline) {
  Frame frame;
  for (;;) {
    if (failure_) co_return *failure_;
    if (parse_one(frame)) {
      paused_ = incoming_.size() - parsed_ >= read_ahead_bytes;
      update_watch();
      co_return std::move(frame);
    }
    if (failure_) co_return *failure_;
    if (ended_) co_return closed();
    update_watch();
    const auto waited = co_await readable_.wait(deadline);
    if (!waited) co_return waited.error();
  }
}

void Channel::send(Frame frame) {
  if (failure_) return;
  Outgoing out;
  out.bytes.reserve(header_bytes + frame.body.size());
  store(out.bytes, static_cast<std::uint32_t>(header_bytes - 4 + frame.body.size()));
  store(out.bytes, frame.type);
  store(out.bytes, protocol_version);
  store(out.bytes, static_cast<std::uint8_t>(frame.descriptors.size()));
  store(out.bytes, frame.id);
  out.bytes += frame.body;
  out.descriptors = std::move(frame.descriptors);
  if (out.bytes.size() > max_frame_bytes || out.descriptors.size() > max_descriptors) std::abort();  // a bug of ours
  outgoing_bytes_ += out.bytes.size();
  outgoing_.push_back(std::move(out));
  if (outgoing_.size() == 1) {
    write_some();
    update_watch();
  }
}

void Channel::write_some() {
  while (!outgoing_.empty()) {
    Outgoing& out = outgoing_.front();
    iovec piece{out.bytes.data() + out.sent, out.bytes.size() - out.sent};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * max_descriptors)];
    if (!out.descriptors.empty()) {
      const std::size_t size = out.descriptors.size() * sizeof(int);
      message.msg_control = control;
      message.msg_controllen = CMSG_SPACE(size);
      cmsghdr* item = CMSG_FIRSTHDR(&message);
      item->cmsg_level = SOL_SOCKET;
      item->cmsg_type = SCM_RIGHTS;
      item->cmsg_len = CMSG_LEN(size);
      for (std::size_t i = 0; i < out.descriptors.size(); ++i) {
        const int fd = out.descriptors[i].get();
        std::memcpy(CMSG_DATA(item) + i * sizeof(int), &fd, sizeof fd);
      }
    }
    const ssize_t sent = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != ENOBUFS && errno != ETOOMANYREFS)
        fail(Error::cancelled(Condition::closed, std::string("sendmsg: ") + std::strerror(errno)));
      break;
    }
    out.descriptors.clear();  // they went with the first octet
    out.sent += static_cast<std::size_t>(sent);
    if (out.sent < out.bytes.size()) continue;
    outgoing_bytes_ -= out.bytes.size();
    outgoing_.pop_front();
  }
  if (outgoing_bytes_ < high_water) drained_.set();  // flushed() looks again each time
}

loop::Task<Result<void>> Channel::drained(loop::Deadline deadline) {
  [[maybe_unused]] const int frame = 0;
  while (!failure_ && outgoing_bytes_ >= high_water) {
    const auto waited = co_await drained_.wait(deadline);
    if (!waited) co_return waited.error();
  }
  if (failure_) co_return *failure_;
  co_return Result<void>();
}

loop::Task<Result<void>> Channel::flushed(loop::Deadline deadline) {
  [[maybe_unused]] const int frame = 0;
  while (!failure_ && !outgoing_.empty()) {
    const auto waited = co_await drained_.wait(deadline);
    if (!waited) co_return waited.error();
  }
  if (failure_) co_return *failure_;
  co_return Result<void>();
}

void Channel::fail(Error error) {
  if (failure_) return;
  failure_ = std::move(error);
  if (watcher_) watcher_->watch(false, false);
  outgoing_.clear();
  outgoing_bytes_ = 0;
  readable_.cancel(*failure_);
  drained_.cancel(*failure_);
}

void Channel::cancel(const Error& error) {
  fail(error);
}

UniqueFd Channel::take_socket(std::string& unread) {
  unread = incoming_.substr(parsed_);
  watcher_.reset();
  failure_ = Error::cancelled(Condition::closed, "turned into a stream");
  return std::move(socket_);
}

}  // namespace mailtree::net
