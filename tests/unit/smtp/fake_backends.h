// SPDX-License-Identifier: Apache-2.0
// Directory, store and queue in memory, and a client that talks to a Session over a memory stream.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"
#include "loop/loop.h"
#include "loop/task_group.h"
#include "net/line_reader.h"
#include "net/memory_stream.h"
#include "smtp/server/backends.h"
#include "smtp/server/session.h"

namespace mailtree::smtp::test {

inline ldapauth::Account account_of(const std::string& uid) {
  ldapauth::Account account;
  account.entry_uuid = "uuid-" + uid;
  account.uid = uid;
  account.domain = "here.test";
  account.mail = uid + "@here.test";
  account.addresses = {account.mail, uid + ".alias@here.test"};
  return account;
}

inline std::string content_of(int fd) {
  std::string content(static_cast<std::size_t>(::lseek(fd, 0, SEEK_END)), '\0');
  const ssize_t got = ::pread(fd, content.data(), content.size(), 0);
  content.resize(static_cast<std::size_t>(got));
  return content;
}

// Ends run() as soon as all of `tasks` are done: left-over timers would hold it up.
inline Task<void> stop_when_done(loop::Loop& loop, loop::TaskGroup& tasks) {
  const auto done = co_await tasks.wait(loop::Deadline::after(std::chrono::seconds(60)));
  static_cast<void>(done);
  loop.stop();
}

class FakeBackends final : public Backends {
 public:
  Task<ldapauth::RecipientAnswer> resolve(ldapauth::ResolveRecipient request) override {
    ldapauth::RecipientAnswer answer;
    const std::string local = request.address.substr(0, request.address.find('@'));
    const bool ours = request.address.ends_with("@here.test") || local == request.address;
    answer.outcome = ours ? ldapauth::Outcome::no_such_user : ldapauth::Outcome::not_hosted;
    if (local == "down") answer.outcome = ldapauth::Outcome::unavailable;
    if (!ours || local == "down" || local == "nobody") co_return answer;
    answer.outcome = ldapauth::Outcome::found;
    if (local == "team") {
      answer.plan.groups.emplace_back().members = {"ann@here.test", "bob@there.test"};
    } else if (local == "closed") {
      answer.plan.refusal.code = 550;
      answer.plan.refusal.enhanced = "5.2.1";
      answer.plan.refusal.text = "Closed";
    } else {
      const std::string uid = local == "postmaster" || local == "ann.alias" ? "ann" : local;
      answer.plan.mailboxes.emplace_back().account = account_of(uid);
    }
    co_return answer;
  }
  Task<ldapauth::SaslMechanismsReply> sasl_mechanisms(ldapauth::PeerFacts) override {
    ldapauth::SaslMechanismsReply reply;
    reply.mechanisms = {"PLAIN", "LOGIN"};
    co_return reply;
  }
  Task<ldapauth::SaslReply> sasl_start(ldapauth::SaslStart request) override {
    ldapauth::SaslReply reply;
    reply.exchange = 7;
    if (!request.has_initial_response) {
      reply.state = ldapauth::SaslState::proceed;
    } else {
      judge(request.initial_response, reply);
    }
    co_return reply;
  }
  Task<ldapauth::SaslReply> sasl_step(std::uint64_t, std::string response) override {
    ldapauth::SaslReply reply;
    judge(response, reply);
    co_return reply;
  }
  Task<ldapauth::SaslReply> sasl_cancel(std::uint64_t) override {
    ldapauth::SaslReply reply;
    ++cancelled;
    co_return reply;
  }
  Task<Result<store::MayAccept::Reply>> may_accept(std::string, store::MayAccept request) override {
    store::MayAccept::Reply reply;
    reply.grace_over = request.account.uid == "stuffed";
    reply.accepted = request.account.uid != "full" && !reply.grace_over;
    if (store_down) co_return Error::temporary(Condition::unavailable, "store is down");
    co_return reply;
  }
  Task<Result<UniqueFd>> new_store_file(std::string, std::uint64_t) override {
    [[maybe_unused]] const int frame = 0;
    if (store_down) co_return Error::temporary(Condition::unavailable, "store is down");
    co_return UniqueFd(::memfd_create("message", MFD_CLOEXEC));
  }
  Task<Result<store::Deliver::Reply>> deliver(std::string, store::Deliver request, UniqueFd file) override {
    store::Deliver::Reply reply;
    ++attempts;
    last_again = request.again;
    if (lost_answers > 0) {
      --lost_answers;
      co_return Error::temporary(Condition::unavailable, "channel broke");
    }
    for (const store::DeliverRecipient& recipient : request.recipients) {
      store::DeliverResult& result = reply.results.emplace_back();
      result.index = recipient.index;
      result.delivered = recipient.account.uid != "broken";
      if (result.delivered) delivered.push_back(recipient.account.uid);
    }
    stored = content_of(file.get()).substr(0, request.size);
    co_return reply;
  }
  Task<Result<UniqueFd>> new_queue_file(std::uint64_t) override {
    [[maybe_unused]] const int frame = 0;
    co_return UniqueFd(::memfd_create("message", MFD_CLOEXEC));
  }
  Task<Result<queue::Submitted>> submit(queue::Submit request, UniqueFd file) override {
    queue::Submitted reply;
    queued = content_of(file.get()).substr(0, request.size);
    submitted.push_back(std::move(request));
    co_return reply;
  }

  bool store_down = false;
  int lost_answers = 0, attempts = 0, cancelled = 0;
  bool last_again = false;
  std::vector<std::string> delivered;
  std::vector<queue::Submit> submitted;
  std::string stored, queued;

 private:
  static void judge(const std::string& response, ldapauth::SaslReply& reply) {
    const bool right = response == std::string("\0ann\0secret", 11);
    reply.state = right ? ldapauth::SaslState::ok : ldapauth::SaslState::failed;
    if (right) reply.account = account_of("ann");
  }
};

// One octet string to send, and how many replies it must be answered with.
struct Step {
  std::string send;
  int replies = 1;
};

class Dialogue {
 public:
  explicit Dialogue(Role role) : role_(role) {
    settings.host_name = "mx.here.test";
    settings.partitions.push_back({"default", "/nowhere", "/nowhere"});
    settings.plaintext_login_networks.push_back(*config::Network::parse("127.0.0.1"));
  }

  // All replies from the greeting on, lines joined as the client saw them. "<closed>" if the server hung up first.
  std::string talk(std::vector<Step> steps) {
    loop::Loop loop;
    loop::TaskGroup tasks(loop), watch(loop);
    const Services services{loop, tasks, settings, backends, nullptr, clock, settings.host_name};
    auto [client, server] = net::memory_stream_pair(loop);
    heard.clear();
    tasks.spawn(serve(services, role_, std::move(server)));
    tasks.spawn(speak(loop, std::move(client), std::move(steps), heard));
    watch.spawn(stop_when_done(loop, tasks));
    loop.run();
    return heard;
  }
  // The same after EHLO.
  std::string after_hello(std::vector<Step> steps) {
    steps.insert(steps.begin(), Step{role_ == Role::lmtp ? "LHLO c\r\n" : "EHLO c\r\n", 1});
    const std::string all = talk(std::move(steps));
    const std::size_t end = all.find("250 ");
    return end == std::string::npos ? all : all.substr(all.find('\n', end) + 1);
  }

  config::Settings settings;
  FakeBackends backends;
  SystemClock clock;
  std::string heard;

 private:
  static Task<void> serve(const Services& services, Role role, std::unique_ptr<net::Stream> stream) {
    Session session(services, role, std::move(stream));
    co_await session.run();
  }
  static Task<void> speak(loop::Loop& loop, std::unique_ptr<net::Stream> stream, std::vector<Step> steps,
                          std::string& heard) {
    net::LineReader reader(*stream);
    steps.insert(steps.begin(), Step{"", 1});
    for (const Step& step : steps) {
      const auto sent = co_await stream->write(step.send, loop::Deadline::never());
      static_cast<void>(sent);
      for (int left = step.replies; left > 0;) {
        const auto line = co_await reader.line(10000, loop::Deadline::after(std::chrono::seconds(20)));
        if (!line) {
          heard += "<closed>\n";
          co_return;
        }
        heard += line->text + "\n";
        if (line->text.size() < 4 || line->text[3] == ' ') --left;
      }
    }
    co_await loop::yield(loop);
  }

  Role role_;
};

}  // namespace mailtree::smtp::test
