// SPDX-License-Identifier: Apache-2.0
#include "loop/poll_watcher.h"

#include <uv.h>

#include <cstdlib>
#include <utility>

namespace mailtree::loop {

struct PollWatcher::Handle {
  uv_poll_t poll{};
  Loop* loop = nullptr;
  std::function<void(bool, bool)> ready;
  int events = 0;  // libuv would leave and enter epoll again for the same ones
  bool closed = false;
};

PollWatcher::PollWatcher(Loop& loop, int fd, std::function<void(bool, bool)> ready) : handle_(new Handle) {
  handle_->loop = &loop;
  handle_->ready = std::move(ready);
  if (uv_poll_init(loop.raw(), &handle_->poll, fd) != 0) std::abort();  // not a pollable descriptor: a caller's bug
  handle_->poll.data = handle_;
}

PollWatcher::~PollWatcher() {
  uv_poll_stop(&handle_->poll);
  handle_->closed = true;
  uv_close(reinterpret_cast<uv_handle_t*>(&handle_->poll),
           [](uv_handle_t* handle) { delete static_cast<Handle*>(handle->data); });
}

void PollWatcher::watch(bool readable, bool writable) {
  const int events = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);
  if (events == std::exchange(handle_->events, events)) return;
  if (events == 0) {
    uv_poll_stop(&handle_->poll);
    return;
  }
  uv_poll_start(&handle_->poll, events, [](uv_poll_t* poll, int status, int happened) {
    auto* handle = static_cast<Handle*>(poll->data);
    const Turn turn(*handle->loop);
    if (status < 0) {
      happened = UV_READABLE | UV_WRITABLE;
      handle->events = 0;  // libuv has stopped it
    }
    // The handle outlives this call: it is freed by its close callback.
    handle->ready((happened & UV_READABLE) != 0, (happened & UV_WRITABLE) != 0);
  });
}

}  // namespace mailtree::loop
