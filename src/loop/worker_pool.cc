// SPDX-License-Identifier: Apache-2.0
#include "loop/worker_pool.h"

#include <pthread.h>
#include <uv.h>

#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace mailtree::loop {

struct WorkerPool::Parts {
  explicit Parts(Loop& l) : loop(l) {}

  Loop& loop;
  uv_async_t* finished = nullptr;  // on the heap: libuv owns it until its close callback
  std::mutex mutex;
  std::condition_variable work;
  std::deque<std::shared_ptr<Job>> queue;
  std::vector<std::shared_ptr<Job>> ended;
  bool stopping = false;
  std::size_t outstanding = 0;  // loop thread: keeps the loop alive while jobs run
  std::vector<std::thread> threads;

  void thread_main();
  void collect();
};

void WorkerPool::Parts::thread_main() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);  // signals belong to the loop
  std::unique_lock lock(mutex);
  for (;;) {
    work.wait(lock, [this] { return stopping || !queue.empty(); });
    if (queue.empty()) return;
    std::shared_ptr<Job> job = std::move(queue.front());
    queue.pop_front();
    lock.unlock();
    job->execute();
    lock.lock();
    ended.push_back(std::move(job));
    if (ended.size() == 1) uv_async_send(finished);
  }
}

void WorkerPool::Parts::collect() {
  const Turn turn(loop);
  std::vector<std::shared_ptr<Job>> done;
  {
    const std::lock_guard lock(mutex);
    done.swap(ended);
  }
  outstanding -= done.size();
  if (outstanding == 0) uv_unref(reinterpret_cast<uv_handle_t*>(finished));
  for (auto& job : done) {
    job->done = true;
    if (job->waiting.handle) loop.ready(job->waiting);
  }
}

WorkerPool::WorkerPool(Loop& loop, std::size_t threads) : parts_(std::make_unique<Parts>(loop)) {
  parts_->finished = new uv_async_t{};
  uv_async_init(loop.raw(), parts_->finished, [](uv_async_t* handle) { static_cast<Parts*>(handle->data)->collect(); });
  parts_->finished->data = parts_.get();
  uv_unref(reinterpret_cast<uv_handle_t*>(parts_->finished));
  for (std::size_t i = 0; i < threads; ++i)
    parts_->threads.emplace_back([parts = parts_.get()] { parts->thread_main(); });
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(parts_->mutex);
    parts_->stopping = true;
  }
  parts_->work.notify_all();
  for (auto& thread : parts_->threads) thread.join();
  uv_close(reinterpret_cast<uv_handle_t*>(parts_->finished),
           [](uv_handle_t* handle) { delete reinterpret_cast<uv_async_t*>(handle); });
}

void WorkerPool::submit(std::shared_ptr<Job> job) {
  if (parts_->outstanding++ == 0) uv_ref(reinterpret_cast<uv_handle_t*>(parts_->finished));
  {
    const std::lock_guard lock(parts_->mutex);
    parts_->queue.push_back(std::move(job));
  }
  parts_->work.notify_one();
}

std::size_t WorkerPool::waiting() const {
  const std::lock_guard lock(parts_->mutex);
  return parts_->queue.size();
}

}  // namespace mailtree::loop
