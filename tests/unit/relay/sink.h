// SPDX-License-Identifier: Apache-2.0
// A receiving mail host for tests: a thread that accepts one connection after the other and answers by verb.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "loop/listen_socket.h"

namespace mailtree::relay {

class Sink {
 public:
  using Behave = std::function<std::string(const std::string& line)>;  // empty = the normal answer

  Sink(const std::string& host, std::uint16_t wanted, Behave behave = {}) : behave_(std::move(behave)) {
    auto fd = loop::listen_tcp(host, wanted);
    if (!fd) std::abort();
    listening_ = std::move(*fd);
    port = loop::local_port(listening_.get());
    thread_ = std::thread([this] { accept_all(); });
  }
  ~Sink() {
    stopping_ = true;
    thread_.join();
  }
  std::vector<std::string> lines() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return lines_;
  }
  std::uint16_t port = 0;
  std::atomic<int> connections{0};

 private:
  bool readable(int fd) {
    while (!stopping_) {
      pollfd one{fd, POLLIN, 0};
      if (::poll(&one, 1, 50) > 0) return true;
    }
    return false;
  }
  void accept_all() {
    while (readable(listening_.get())) {
      const UniqueFd connection(::accept(listening_.get(), nullptr, nullptr));
      if (!connection) continue;
      ++connections;
      serve(connection.get());
    }
  }
  static void say(int fd, const std::string& text) { (void)!::send(fd, text.data(), text.size(), MSG_NOSIGNAL); }
  void serve(int fd) {
    std::string input;
    bool in_data = false;
    const std::string greeting = behave_ ? behave_("") : "";
    say(fd, greeting.empty() ? "220 sink\r\n" : greeting);
    while (readable(fd)) {
      char buffer[4096];
      const ssize_t got = ::recv(fd, buffer, sizeof buffer, 0);
      if (got <= 0) return;
      input.append(buffer, static_cast<std::size_t>(got));
      for (auto end = input.find("\r\n"); end != std::string::npos; end = input.find("\r\n")) {
        const std::string line = input.substr(0, end);
        input.erase(0, end + 2);
        {
          const std::lock_guard<std::mutex> lock(mutex_);
          lines_.push_back(line);
        }
        if (in_data && line != ".") continue;
        in_data = false;
        const std::string special = behave_ ? behave_(line) : "";
        if (special == "close") return;
        if (special.empty() && line == "DATA") in_data = true;
        say(fd, !special.empty() ? special : in_data ? "354 go\r\n" : "250 2.0.0 ok\r\n");
      }
    }
  }

  Behave behave_;
  UniqueFd listening_;
  std::thread thread_;
  std::mutex mutex_;
  std::vector<std::string> lines_;
  std::atomic<bool> stopping_{false};
};

}  // namespace mailtree::relay
