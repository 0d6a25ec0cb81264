// SPDX-License-Identifier: Apache-2.0
// WorkerPool: blocking calls (fsync, libldap connects, SASL steps) on threads, awaited from the loop.
//   auto job = [fd] { return disk.fdatasync(fd); };
//   const auto synced = co_await pool.run(std::move(job));
// The job runs on some thread: it must own or outlive what it touches. Jobs start in order of submission.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "loop/loop.h"

namespace mailtree::loop {

class WorkerPool {
 public:
  WorkerPool(Loop& loop, std::size_t threads);
  ~WorkerPool();  // runs what is queued to the end, then joins
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  class Job {
   public:
    virtual ~Job() = default;
    virtual void execute() noexcept = 0;   // on a pool thread
    Ready waiting;                         // of the coroutine; loop thread only
    bool done = false;                     // loop thread only
  };

  template <typename F>
  class Call {
   public:
    using Value = std::invoke_result_t<F>;

    Call(WorkerPool& pool, F job) : pool_(pool), state_(std::make_shared<State>(std::move(job))) {}
    ~Call() {
      if (state_) state_->waiting.handle = {};  // abandoned: the job still ends, nobody is resumed
    }
    Call(Call&&) = delete;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> parent) {
      state_->waiting.handle = parent;
      pool_.submit(state_);
    }
    Value await_resume() {
      if (state_->failure) std::rethrow_exception(state_->failure);
      if constexpr (!std::is_void_v<Value>) return std::move(*state_->value);
    }

   private:
    struct Nothing {};
    struct State final : Job {
      explicit State(F job) : work(std::move(job)) {}
      void execute() noexcept override {
        try {
          if constexpr (std::is_void_v<Value>) {
            work();
          } else {
            value.emplace(work());
          }
        } catch (...) {
          failure = std::current_exception();
        }
      }
      F work;
      std::optional<std::conditional_t<std::is_void_v<Value>, Nothing, Value>> value;
      std::exception_ptr failure;
    };
    WorkerPool& pool_;
    std::shared_ptr<State> state_;
  };

  // Awaitable result of `job()`. Name the lambda first and move it in (never a capturing lambda inside co_await).
  template <typename F>
  Call<F> run(F job) {
    return Call<F>(*this, std::move(job));
  }

  void submit(std::shared_ptr<Job> job);
  [[nodiscard]] std::size_t waiting() const;  // jobs not yet started

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace mailtree::loop
