// SPDX-License-Identifier: Apache-2.0
// A name server for tests: answers from a table, on a UDP port of the loopback, within the loop of the test.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "base/ascii.h"
#include "base/unique_fd.h"
#include "loop/poll_watcher.h"

namespace mailtree::relay {

class FakeDns {
 public:
  explicit FakeDns(loop::Loop& loop) : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), length) != 0) std::abort();
    if (::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0) std::abort();
    port = ntohs(address.sin_port);
    watcher_ = std::make_unique<loop::PollWatcher>(loop, fd_.get(), [this](bool, bool) { answer_all(); });
    watcher_->watch(true, false);
  }

  // A name without records exists; an unknown name does not.
  void mx(const std::string& name, std::uint16_t preference, const std::string& host) {
    std::string data{static_cast<char>(preference >> 8), static_cast<char>(preference & 255)};
    records_[name][15].push_back(data + wire_name(host));
  }
  void a(const std::string& name, const std::string& address) {
    in_addr raw{};
    if (::inet_pton(AF_INET, address.c_str(), &raw) != 1) std::abort();
    records_[name][1].emplace_back(reinterpret_cast<const char*>(&raw), sizeof raw);
  }
  void fail(const std::string& name) { failing_[name] = true; }

  std::uint16_t port = 0;
  std::size_t questions = 0;

 private:
  static std::string wire_name(const std::string& name) {
    std::string wire;
    std::size_t begin = 0;
    while (begin < name.size()) {
      const auto end = std::min(name.find('.', begin), name.size());
      wire += static_cast<char>(end - begin);
      wire += name.substr(begin, end - begin);
      begin = end + 1;
    }
    return wire + '\0';
  }
  static void put16(std::string& out, std::size_t value) {
    out += static_cast<char>(value >> 8 & 255);
    out += static_cast<char>(value & 255);
  }

  void answer_all() {
    char buffer[2048];
    sockaddr_in from{};
    for (;;) {
      socklen_t length = sizeof from;
      const ssize_t got = ::recvfrom(fd_.get(), buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&from), &length);
      if (got < 17) return;
      ++questions;
      const std::string reply = answer(std::string(buffer, static_cast<std::size_t>(got)));
      ::sendto(fd_.get(), reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), length);
    }
  }

  std::string answer(const std::string& query) {
    std::string name;
    std::size_t at = 12;
    while (at < query.size() && query[at] != 0) {
      const auto length = static_cast<unsigned char>(query[at]);
      if (!name.empty()) name += '.';
      name += ascii::to_lower(query.substr(at + 1, length));
      at += 1U + length;
    }
    const std::size_t end = at + 5;
    const auto type = static_cast<unsigned char>(query[at + 2]);
    const auto known = records_.find(name);
    std::vector<std::string> data;
    if (known != records_.end() && known->second.count(type) != 0) data = known->second[type];
    const int rcode = failing_.count(name) != 0 ? 2 : known == records_.end() ? 3 : 0;
    std::string reply = query.substr(0, 2);
    put16(reply, 0x8580U | static_cast<unsigned>(rcode));  // answer, authoritative, recursion available
    put16(reply, 1);
    put16(reply, data.size());
    put16(reply, 0);
    put16(reply, 0);
    reply += query.substr(12, end - 12);
    for (const std::string& one : data) {
      put16(reply, 0xc00c);  // the name of the question
      put16(reply, type);
      put16(reply, 1);
      reply += std::string("\0\0\0\0", 4);  // not to be cached
      put16(reply, one.size());
      reply += one;
    }
    return reply;
  }

  UniqueFd fd_;
  std::unique_ptr<loop::PollWatcher> watcher_;
  std::map<std::string, std::map<int, std::vector<std::string>>> records_;
  std::map<std::string, bool> failing_;
};

}  // namespace mailtree::relay
