// SPDX-License-Identifier: Apache-2.0
// A socket as a Stream.
#include "net/stream.h"

namespace mailtree::net {
namespace {

class PlainStream final : public Stream {
 public:
  explicit PlainStream(std::unique_ptr<loop::Socket> socket) : socket_(std::move(socket)) {
    facts_.host = socket_->peer().host;
    facts_.port = socket_->peer().port;
    facts_.local_host = socket_->local().host;
    facts_.local_port = socket_->local().port;
  }

  std::string& input() override { return socket_->input(); }
  Task<Result<std::size_t>> fill(Deadline deadline) override { return socket_->fill(deadline); }
  Task<Result<void>> write(std::string_view bytes, Deadline deadline) override {
    return socket_->write(bytes, deadline);
  }
  Task<Result<void>> shut(Deadline) override {
    [[maybe_unused]] const int frame = 0;
    socket_->finish();
    co_return Result<void>();
  }
  void cancel(const Error& error) override { socket_->cancel(error); }
  bool peer_closed() const override { return socket_->peer_closed(); }
  const PeerFacts& facts() const override { return facts_; }
  loop::Socket* socket() override { return socket_.get(); }

 private:
  std::unique_ptr<loop::Socket> socket_;
  PeerFacts facts_;
};

}  // namespace

std::unique_ptr<Stream> plain_stream(std::unique_ptr<loop::Socket> socket) {
  return std::make_unique<PlainStream>(std::move(socket));
}

}  // namespace mailtree::net
