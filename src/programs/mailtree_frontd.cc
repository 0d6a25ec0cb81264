// SPDX-License-Identifier: Apache-2.0
// mailtree-frontd: IMAP and POP3 until the user has signed in; then the octets of encrypted sessions.
#include "front/server.h"
#include "log/log.h"
#include "programs/bootstrap.h"
#include "programs/daemon_table.h"

namespace {

using namespace mailtree;

front::Options options_of(const programs::Context& context) {
  const config::Settings& settings = context.settings;
  const auto processes = programs::instances_of(*programs::find_daemon("frontd"), settings).size();
  front::Options options;
  options.host_name = settings.host_name;
  options.ldapauth_socket = settings.socket("ldapauth");
  options.imapd_socket = settings.socket("imapd");
  options.pop3d_socket = settings.socket("pop3d");
  options.tls_certificate = settings.tls.certificate;
  options.tls_key = settings.tls.key;
  // The bounds are of the host: each worker takes its share.
  options.max_connections = settings.front.max_connections / processes;
  options.max_connections_per_client = settings.front.max_connections_per_client / processes;
  options.login_timeout = std::chrono::seconds(settings.front.login_timeout_seconds);
  options.max_errors = settings.front.max_errors;
  options.may_login_in_clear = [&settings](const std::string& address) {
    return config::any_contains(settings.plaintext_login_networks, address);
  };
  options.is_limit_exempt = [&settings](const std::string& address) {
    return config::any_contains(settings.limit_exempt_networks, address);
  };
  return options;
}

void reload(front::Server& server) {
  const auto loaded = server.load_certificate();
  if (!loaded) log::event(log::Level::error, "front.certificate.refused", {{"error", loaded.error().detail}});
}

loop::Task<Result<void>> serve(programs::Context& context) {
  front::Server server(context.loop, options_of(context));
  const auto loaded = server.load_certificate();
  if (!loaded) co_return loaded.error();
  context.on_reload = [&server] { reload(server); };
  for (const front::Protocol protocol :
       {front::Protocol::imap, front::Protocol::imaps, front::Protocol::pop3, front::Protocol::pop3s})
    for (UniqueFd& listening : context.take_all(front::name_of(protocol)))
      server.listen(protocol, std::move(listening));
  context.ready();
  const auto asked = co_await context.stop.wait(loop::Deadline::never());
  static_cast<void>(asked);
  context.on_reload = {};
  co_await server.stop(programs::Context::stop_deadline());
  co_return Result<void>{};
}

}  // namespace

int main(int argc, char** argv) {
  return programs::run_daemon(argc, argv, "frontd", serve);
}
