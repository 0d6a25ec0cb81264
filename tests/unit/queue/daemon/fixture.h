// SPDX-License-Identifier: Apache-2.0
// queued as a whole, on one loop with a directory, a mail store and a relayd made of scripts.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "config/settings.h"
#include "ldapauth/messages.h"
#include "log/log.h"
#include "loop/disk.h"
#include "net/rpc.h"
#include "queue/daemon/server.h"
#include "relay/messages.h"
#include "store/messages.h"
#include "support/run_task.h"

namespace mailtree::queue {

namespace fs = std::filesystem;
using loop::Deadline;
using loop::Task;

struct StoredCopy {
  std::string account;
  std::string text;
};

class World {
 public:
  World() {
    char name[] = "/tmp/mailtree-queued-XXXXXX";
    path = ::mkdtemp(name);
    fs::create_directory(path + "/queue");
    settings.run_directory = path;
    settings.host_name = "mx.alpha.test";
    settings.postmaster = "postmaster@alpha.test";
    settings.queue.directory = path + "/queue";
    settings.queue.retry_first_seconds = 1;
    settings.queue.retry_max_seconds = 1;
    settings.partitions = {{"main", path, path}};
    start_helpers();
  }
  ~World() {
    server.reset();
    client.reset();
    directory.reset();
    store.reset();
    relay.reset();
    for (int i = 0; i < 3; ++i) loop.run_once();
    fs::remove_all(path);
  }

  void start() {
    auto made = Server::create(loop, settings, disk, clock);
    if (!made) std::abort();
    server = std::move(*made);
    auto fd = loop::listen_unix(settings.socket("queued"), 0600);
    if (!fd) std::abort();
    server->serve(std::move(*fd));
    client = std::make_unique<net::RpcClient>(loop, settings.socket("queued"));
  }
  Task<void> stop() {
    [[maybe_unused]] const int frame = 0;
    client->disconnect();
    co_await server->stop(Deadline::after(std::chrono::seconds(3)));
    co_await loop::sleep(loop, std::chrono::milliseconds(50));
    server.reset();
    client.reset();
  }

  // As smtpd does it.
  Task<Result<Submitted>> submit(Submit request, std::string text) {
    NewMessageFile ask;
    std::vector<UniqueFd> none;
    auto file = co_await client->call_with(ask, std::move(none), soon());
    if (!file) co_return file.error();
    std::vector<UniqueFd> descriptors = std::move(file->descriptors);
    if (!disk.write_at(descriptors.at(0).get(), text, 0)) std::abort();
    request.size = text.size();
    auto answer = co_await client->call_with(request, std::move(descriptors), soon());
    if (!answer) co_return answer.error();
    co_return answer->value;
  }
  static Submit to(const std::vector<std::string>& addresses, unsigned char fill = 1, std::uint8_t notify = 0) {
    Submit request;
    request.transaction.fill(fill);
    request.sender = "ann@land.test";
    request.internal_origin = true;
    for (const std::string& address : addresses) request.recipients.push_back({address, "", notify});
    return request;
  }
  static Deadline soon() { return Deadline::after(std::chrono::seconds(10)); }

  // Waits until the queue holds no unfinished message.
  Task<bool> drained(std::chrono::seconds patience = std::chrono::seconds(12)) {
    const Deadline end = Deadline::after(patience);
    while (!end.has_passed()) {
      QueueList ask;
      const auto page = co_await client->call(ask, soon());
      if (page && page->total == 0) co_return true;
      co_await loop::sleep(loop, std::chrono::milliseconds(50));
    }
    co_return false;
  }

  loop::Loop loop;
  loop::RealDisk disk;
  SystemClock clock;
  config::Settings settings;
  std::string path;
  std::unique_ptr<Server> server;
  std::unique_ptr<net::RpcClient> client;

  // What the helpers answer, and what they saw.
  std::map<std::string, ldapauth::RecipientAnswer> answers;  // absent: not hosted
  bool directory_down = false;
  std::vector<StoredCopy> stored;
  std::function<store::DeliverResult(const store::DeliverRecipient&)> on_deliver;
  std::vector<relay::Attempt> attempts;
  std::vector<std::string> sent;  // texts, as relayd would send them
  std::function<relay::Attempted(const relay::Attempt&)> on_attempt;

  void add_mailbox(const std::string& address, const std::string& uid) {
    ldapauth::RecipientAnswer& answer = answers[address];
    answer.outcome = ldapauth::Outcome::found;
    ldapauth::MailboxAction action;
    action.account.uid = uid;
    action.account.domain = "alpha.test";
    action.account.entry_uuid = "uuid-" + uid;
    answer.plan.mailboxes.push_back(action);
  }

 private:
  std::string read(int fd, std::uint64_t size, std::uint64_t skip = 0) {
    std::string text(size - skip, '\0');
    const auto got = disk.read_at(fd, text.data(), text.size(), skip);
    if (!got || *got != text.size()) std::abort();
    return text;
  }

  Task<Result<ldapauth::ResolveRecipient::Reply>> resolve(net::RpcRequest<ldapauth::ResolveRecipient> request) {
    ldapauth::ResolveRecipient::Reply reply;
    const auto found = answers.find(request.message.address);
    if (found != answers.end()) reply.answer = found->second;
    if (found == answers.end()) reply.answer.outcome = ldapauth::Outcome::not_hosted;
    if (directory_down) reply.answer = ldapauth::RecipientAnswer();
    co_return reply;
  }
  Task<Result<store::Deliver::Reply>> deliver(net::RpcRequest<store::Deliver> request) {
    store::Deliver::Reply reply;
    const std::string text = read(request.descriptors.at(0).get(), request.message.size);
    for (const store::DeliverRecipient& to : request.message.recipients) {
      store::DeliverResult result;
      result.delivered = true;
      if (on_deliver) result = on_deliver(to);
      const std::string id(request.message.transaction.begin(), request.message.transaction.end());
      result.duplicate = result.delivered && !known.insert(id + to.account.uid + std::to_string(to.index)).second;
      if (result.delivered && !result.duplicate) stored.push_back({to.account.uid, text});
      reply.results.push_back(result);
    }
    co_return reply;
  }
  Task<Result<relay::Attempted>> attempt(net::RpcRequest<relay::Attempt> request) {
    relay::Attempted reply;
    attempts.push_back(request.message);
    if (on_attempt) {
      reply = on_attempt(request.message);
    } else {
      sent.push_back(read(request.descriptors.at(0).get(), request.message.size, request.message.skip));
      relay::RecipientResult good;
      good.outcome = relay::outcome::delivered;
      good.reply = "250 2.0.0 Ok";
      good.remote_host = "mx.test [192.0.2.1]";
      reply.results.assign(request.message.recipients.size(), good);
    }
    co_return reply;
  }
  void start_helpers() {
    directory = std::make_unique<net::RpcServer>(loop);
    directory->on<ldapauth::ResolveRecipient>([this](auto request) { return resolve(std::move(request)); });
    store = std::make_unique<net::RpcServer>(loop);
    store->on<store::Deliver>([this](auto request) { return deliver(std::move(request)); });
    relay = std::make_unique<net::RpcServer>(loop);
    relay->on<relay::Attempt>([this](auto request) { return attempt(std::move(request)); });
    if (!directory->listen(settings.socket("ldapauth")) || !store->listen(settings.socket("stored-main")) ||
        !relay->listen(settings.socket("relayd"))) {
      std::abort();
    }
  }
  std::set<std::string> known;
  std::unique_ptr<net::RpcServer> directory, store, relay;
};

// Runs a test's coroutine on the world's loop.
template <typename F>
void run(World& world, F test) {
  test::run_task(world.loop, test(world));
}

}  // namespace mailtree::queue
