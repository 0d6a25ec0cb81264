// SPDX-License-Identifier: Apache-2.0
// One attempt at one destination, host by host. See server.h.
#include "relay/server.h"

#include <algorithm>

#include "base/ascii.h"
#include "config/settings.h"
#include "log/log.h"
#include "net/tls_context.h"

namespace mailtree::relay {
namespace {

using loop::Deadline;
using loop::Task;
using smtp::client::Outcome;

constexpr std::chrono::seconds dns_patience{60};
constexpr std::chrono::seconds last_patience{5};

std::string shown(const Candidate& host) {
  return host.name == host.address ? "[" + host.address + "]" : host.name + " [" + host.address + "]";
}

void set_all(const Attempt& attempt, std::uint8_t outcome, const std::string& status, const std::string& reply,
             const std::string& host, Attempted& answer) {
  RecipientResult result;
  result.outcome = outcome;
  result.status = status;
  result.reply = ascii::printable(reply, 500);
  result.remote_host = host;
  answer.results.assign(attempt.recipients.size(), result);
}

smtp::client::Envelope envelope_of(const Attempt& attempt) {
  smtp::client::Envelope envelope;
  envelope.sender = attempt.sender;
  for (const AttemptRecipient& to : attempt.recipients) {
    envelope.recipients.push_back(smtp::client::Recipient{to.address, to.original, to.notify});
  }
  envelope.envelope_id = attempt.envelope_id;
  envelope.ret = static_cast<smtp::Return>(std::min<std::uint8_t>(attempt.ret, 2));
  envelope.smtputf8 = attempt.smtputf8;
  envelope.eight_bit = attempt.eight_bit;
  return envelope;
}

RecipientResult result_of(const Outcome& outcome, const std::string& host) {
  RecipientResult result;
  result.outcome = outcome::temporary;
  if (outcome.kind == Outcome::Kind::delivered) result.outcome = outcome::delivered;
  if (outcome.kind == Outcome::Kind::permanent) result.outcome = outcome::permanent;
  result.reply = outcome.reply.code == 0 ? ascii::printable(outcome.reply.text, 500) : outcome.reply.one_line();
  result.status = outcome.reply.status;
  result.remote_host = host;
  result.dsn_passed_on = outcome.dsn_passed_on;
  return result;
}

// RFC 7504: 521 and 556 say that this host never takes mail.
bool takes_no_mail(const Error& error) {
  return error.kind == Kind::permanent && (error.reply.starts_with("521") || error.reply.starts_with("556"));
}

}  // namespace

Result<std::unique_ptr<Server>> Server::create(loop::Loop& loop, const config::Settings& settings) {
  net::ResolverOptions options;
  options.forwarders = settings.relay.dns_forwarders;
  auto resolver = net::Resolver::create(loop, options);
  if (!resolver) return resolver.error();
  // Opportunistic: an unverified certificate is better than none (RFC 7435).
  auto tls = net::TlsContext::client(false);
  if (!tls) return tls.error();
  return std::unique_ptr<Server>(new Server(loop, settings, std::move(*resolver), std::move(*tls)));
}

Server::Server(loop::Loop& loop, const config::Settings& settings, std::unique_ptr<net::Resolver> resolver,
               std::shared_ptr<net::TlsContext> tls)
    : loop_(loop), settings_(settings), resolver_(std::move(resolver)), finder_(*resolver_, settings),
      tls_(std::move(tls)), rpc_(loop) {
  rpc_.on<Attempt>([this](net::RpcRequest<Attempt> request) { return attempt(std::move(request)); });
}

Server::~Server() = default;

Task<void> Server::stop(Deadline deadline) {
  [[maybe_unused]] const int frame = 0;
  co_await rpc_.stop(deadline);
  resolver_->cancel();
  const Error stopping = Error::cancelled(Condition::stopping, "relayd stops");
  for (smtp::client::Session* session : sessions_) session->cancel(stopping);
  co_await rpc_.stop(Deadline::after(last_patience));
}

Task<Result<Attempted>> Server::attempt(net::RpcRequest<Attempt> request) {
  Attempted answer;
  const Attempt& wanted = request.message;
  if (request.descriptors.size() != 1 || wanted.recipients.empty() || wanted.skip > wanted.size) {
    co_return Error::temporary(Condition::syntax, "malformed Attempt");
  }
  const auto route = route_for(settings_, wanted.route, wanted.domain);
  if (!route) {
    set_all(wanted, outcome::permanent, "5.1.2", "The domain is malformed", "", answer);
    co_return answer;
  }
  const Found found = co_await finder_.find(*route, Deadline::after(dns_patience));
  if (const NoHost* const none = std::get_if<NoHost>(&found)) {
    set_all(wanted, none->permanent ? outcome::permanent : outcome::temporary, none->status, none->reply, "", answer);
    answer.unreachable = !none->permanent;
    co_return answer;
  }
  answer.unreachable = true;  // until a host says a word
  std::size_t spoken = 0;
  for (const Candidate& host : std::get<std::vector<Candidate>>(found)) {
    const bool ended = co_await try_host(host, *route, wanted, request.descriptors.front().get(), answer);
    if (!answer.unreachable) ++spoken;
    if (ended || spoken >= max_sessions_per_attempt) break;
  }
  log::event(log::Level::info, "relay.attempt.done",
             {{"queue_id", wanted.queue_id}, {"domain", wanted.domain}, {"unreachable", answer.unreachable},
              {"host", answer.results[0].remote_host}, {"reply", answer.results[0].reply}, {"tls", answer.tls}});
  co_return answer;
}

smtp::client::Options Server::options_for(const Candidate& host, const Route& route) const {
  smtp::client::Options options;
  options.hello_name = settings_.host_name;
  options.lmtp = route.lmtp;
  options.tls_context = tls_;
  options.server_name = host.name == host.address ? std::string() : host.name;
  options.source_address = settings_.relay.source_address;
  const std::chrono::seconds patience(settings_.relay.command_timeout_seconds);
  options.patience.connect = std::chrono::seconds(settings_.relay.connect_timeout_seconds);
  options.patience.greeting = patience;
  options.patience.command = patience;
  options.patience.data_start = std::min(options.patience.data_start, patience);
  options.patience.data_block = std::min(options.patience.data_block, patience);
  options.patience.data_end = std::max(patience, 2 * patience);  // RFC 5321 section 4.5.3.2.6: ten minutes at 300 s
  return options;
}

Task<bool> Server::try_host(const Candidate& host, const Route& route, const Attempt& attempt, int message,
                            Attempted& answer) {
  const std::string name = shown(host);
  smtp::client::Options options = options_for(host, route);
  auto session = co_await smtp::client::Session::connect(loop_, host.address, host.port, std::move(options));
  if (!session) {
    const Error& error = session.error();
    // Other refusals at this stage are about us or this host, not about the message: they may pass.
    const bool permanent = takes_no_mail(error);
    const bool has_reply = !error.reply.empty() && ascii::is_digit(error.reply.front());
    set_all(attempt, permanent ? outcome::permanent : outcome::temporary, permanent ? "5.3.0" : "4.4.1",
            has_reply ? error.reply : "The host cannot be reached: " + error.detail, name, answer);
    // A host that refuses everybody is not the end: the next MX may do better.
    if (permanent) answer.unreachable = false;
    co_return false;
  }
  sessions_.push_back(session->get());
  answer.unreachable = false;
  answer.tls = (*session)->tls();
  const smtp::client::Envelope envelope = envelope_of(attempt);
  const smtp::client::Content content{message, attempt.skip, attempt.size - attempt.skip};
  const smtp::client::Report report = co_await (*session)->deliver(envelope, content);
  answer.results.clear();
  bool all_temporary = true;
  for (const Outcome& outcome : report.recipients) {
    answer.results.push_back(result_of(outcome, name));
    all_temporary = all_temporary && outcome.kind == Outcome::Kind::temporary;
  }
  answer.results.resize(attempt.recipients.size());
  if ((*session)->usable()) {
    co_await (*session)->quit();
  }
  std::erase(sessions_, session->get());
  // Lost in the middle: it may have been taken over (R09), so no other host gets it in the same breath.
  co_return !all_temporary || report.connection_lost;
}

}  // namespace mailtree::relay
