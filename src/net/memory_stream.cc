// SPDX-License-Identifier: Apache-2.0
#include "net/memory_stream.h"

#include <optional>
#include <utility>

namespace mailtree::net {
namespace {

struct End {
  explicit End(loop::Loop& loop) : readable(loop) {}
  std::string input;
  loop::Signal readable;
  bool ended = false;  // the other side shut or went
  std::optional<Error> failure;
};

class MemoryStream final : public Stream {
 public:
  MemoryStream(std::shared_ptr<End> mine, std::shared_ptr<End> other)
      : mine_(std::move(mine)), other_(std::move(other)) {
    facts_.host = "127.0.0.1";
    facts_.local_host = "127.0.0.1";
  }
  ~MemoryStream() override {
    other_->ended = true;
    other_->readable.set();
  }

  std::string& input() override { return mine_->input; }

  Task<Result<std::size_t>> fill(Deadline deadline) override {
    const std::size_t before = mine_->input.size();
    while (mine_->input.size() == before && !mine_->ended && !mine_->failure) {
      const auto waited = co_await mine_->readable.wait(deadline);
      if (!waited && !mine_->failure) mine_->failure = waited.error();
    }
    if (mine_->input.size() > before) co_return mine_->input.size();
    if (mine_->failure) co_return *mine_->failure;
    co_return std::size_t{0};
  }

  Task<Result<void>> write(std::string_view bytes, Deadline) override {
    [[maybe_unused]] const int frame = 0;
    if (mine_->failure) co_return *mine_->failure;
    other_->input.append(bytes);
    other_->readable.set();
    co_return Result<void>();
  }

  Task<Result<void>> shut(Deadline) override {
    [[maybe_unused]] const int frame = 0;
    other_->ended = true;
    other_->readable.set();
    co_return Result<void>();
  }

  void cancel(const Error& error) override {
    if (!mine_->failure) mine_->failure = error;
    mine_->readable.cancel(error);
  }
  bool peer_closed() const override { return mine_->ended || mine_->failure.has_value(); }
  const PeerFacts& facts() const override { return facts_; }

 private:
  std::shared_ptr<End> mine_, other_;
  PeerFacts facts_;
};

}  // namespace

std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>> memory_stream_pair(loop::Loop& loop) {
  auto left = std::make_shared<End>(loop);
  auto right = std::make_shared<End>(loop);
  return {std::make_unique<MemoryStream>(left, right), std::make_unique<MemoryStream>(right, left)};
}

}  // namespace mailtree::net
