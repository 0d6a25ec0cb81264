// SPDX-License-Identifier: Apache-2.0
#include "smtp/server/backends.h"

#include <map>
#include <utility>
#include <vector>

#include "config/settings.h"
#include "ldapauth/client.h"
#include "net/rpc.h"

namespace mailtree::smtp {
namespace {

using loop::Deadline;

constexpr std::chrono::seconds question_patience{10};
// Syncing may queue behind others; RFC 5321 4.5.3.2.6 gives us 10 minutes, clients often less.
constexpr std::chrono::seconds commit_patience{60};

std::vector<UniqueFd> only(UniqueFd file) {
  std::vector<UniqueFd> descriptors;
  descriptors.push_back(std::move(file));
  return descriptors;
}

template <typename Reply>
Result<UniqueFd> descriptor_of(Result<net::WithDescriptors<Reply>> answer) {
  if (!answer) return answer.error();
  if (answer->descriptors.size() != 1)
    return Error::temporary(Condition::unavailable, "the reply to NewMessageFile carries no descriptor");
  return std::move(answer->descriptors.front());
}

class ConnectedBackends final : public Backends {
 public:
  ConnectedBackends(loop::Loop& loop, const config::Settings& settings)
      : directory_(loop, settings.socket("ldapauth")), queue_(loop, settings.socket("queued")) {
    for (const config::Partition& partition : settings.partitions)
      stores_[partition.name] = std::make_unique<net::RpcClient>(loop, settings.socket("stored-" + partition.name));
  }

  Task<ldapauth::RecipientAnswer> resolve(ldapauth::ResolveRecipient request) override {
    return directory_.resolve_recipient(std::move(request));
  }
  Task<ldapauth::SaslMechanismsReply> sasl_mechanisms(ldapauth::PeerFacts peer) override {
    return directory_.sasl_mechanisms(std::move(peer));
  }
  Task<ldapauth::SaslReply> sasl_start(ldapauth::SaslStart request) override {
    return directory_.sasl_start(std::move(request));
  }
  Task<ldapauth::SaslReply> sasl_step(std::uint64_t exchange, std::string response) override {
    return directory_.sasl_step(exchange, std::move(response));
  }
  Task<ldapauth::SaslReply> sasl_cancel(std::uint64_t exchange) override { return directory_.sasl_cancel(exchange); }

  Task<Result<store::MayAccept::Reply>> may_accept(std::string partition, store::MayAccept request) override {
    net::RpcClient* const client = store_of(partition);
    if (client == nullptr) co_return unknown_partition(partition);
    auto answer = co_await client->call(request, Deadline::after(question_patience));
    co_return answer;
  }

  Task<Result<UniqueFd>> new_store_file(std::string partition, std::uint64_t size) override {
    net::RpcClient* const client = store_of(partition);
    if (client == nullptr) co_return unknown_partition(partition);
    store::NewMessageFile request;
    request.expected_size = size;
    std::vector<UniqueFd> none;
    auto answer = co_await client->call_with(request, std::move(none), Deadline::after(question_patience));
    co_return descriptor_of(std::move(answer));
  }

  Task<Result<store::Deliver::Reply>> deliver(std::string partition, store::Deliver request, UniqueFd file) override {
    net::RpcClient* const client = store_of(partition);
    if (client == nullptr) co_return unknown_partition(partition);
    std::vector<UniqueFd> descriptors = only(std::move(file));
    auto answer = co_await client->call_with(request, std::move(descriptors), Deadline::after(commit_patience));
    if (!answer) co_return answer.error();
    co_return std::move(answer->value);
  }

  Task<Result<UniqueFd>> new_queue_file(std::uint64_t size) override {
    queue::NewMessageFile request;
    request.size = size;
    std::vector<UniqueFd> none;
    auto answer = co_await queue_.call_with(request, std::move(none), Deadline::after(question_patience));
    co_return descriptor_of(std::move(answer));
  }

  Task<Result<queue::Submitted>> submit(queue::Submit request, UniqueFd file) override {
    std::vector<UniqueFd> descriptors = only(std::move(file));
    auto answer = co_await queue_.call_with(request, std::move(descriptors), Deadline::after(commit_patience));
    if (!answer) co_return answer.error();
    co_return std::move(answer->value);
  }

 private:
  net::RpcClient* store_of(const std::string& partition) {
    const auto found = stores_.find(partition);
    return found == stores_.end() ? nullptr : found->second.get();
  }
  static Error unknown_partition(const std::string& partition) {
    return Error::temporary(Condition::unavailable, "no such partition: " + partition);
  }

  ldapauth::Client directory_;
  net::RpcClient queue_;
  std::map<std::string, std::unique_ptr<net::RpcClient>> stores_;
};

}  // namespace

std::unique_ptr<Backends> connected_backends(loop::Loop& loop, const config::Settings& settings) {
  return std::make_unique<ConnectedBackends>(loop, settings);
}

}  // namespace mailtree::smtp
