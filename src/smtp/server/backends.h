// SPDX-License-Identifier: Apache-2.0
// The other daemons as an SMTP session sees them: directory, mail store, queue. An interface, so that tests of sessions
// need none of them; connected_backends() is the real one.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "ldapauth/messages.h"
#include "loop/task.h"
#include "queue/messages.h"
#include "store/messages.h"

namespace mailtree::config {
struct Settings;
}
namespace mailtree::loop {
class Loop;
}

namespace mailtree::smtp {

using loop::Task;

class Backends {
 public:
  virtual ~Backends() = default;

  // Directory. A directory that cannot be asked answers "unavailable", never an Error.
  virtual Task<ldapauth::RecipientAnswer> resolve(ldapauth::ResolveRecipient request) = 0;
  virtual Task<ldapauth::SaslMechanismsReply> sasl_mechanisms(ldapauth::PeerFacts peer) = 0;
  virtual Task<ldapauth::SaslReply> sasl_start(ldapauth::SaslStart request) = 0;
  virtual Task<ldapauth::SaslReply> sasl_step(std::uint64_t exchange, std::string response) = 0;
  virtual Task<ldapauth::SaslReply> sasl_cancel(std::uint64_t exchange) = 0;

  // Mail store. `partition` is a configured name.
  virtual Task<Result<store::MayAccept::Reply>> may_accept(std::string partition, store::MayAccept request) = 0;
  virtual Task<Result<UniqueFd>> new_store_file(std::string partition, std::uint64_t size) = 0;
  virtual Task<Result<store::Deliver::Reply>> deliver(std::string partition, store::Deliver request, UniqueFd file) = 0;

  // Queue.
  virtual Task<Result<UniqueFd>> new_queue_file(std::uint64_t size) = 0;
  virtual Task<Result<queue::Submitted>> submit(queue::Submit request, UniqueFd file) = 0;
};

std::unique_ptr<Backends> connected_backends(loop::Loop& loop, const config::Settings& settings);

}  // namespace mailtree::smtp
