// SPDX-License-Identifier: Apache-2.0
// mailtree-imapd: IMAP sessions after sign-in.
#include "imap/server.h"
#include "programs/bootstrap.h"

namespace {

using namespace mailtree;

imap::Options options_of(const programs::Context& context) {
  const config::Settings& settings = context.settings;
  imap::Options options;
  options.ldapauth_socket = settings.socket("ldapauth");
  options.store_socket = [&settings](const std::string& name) {
    const config::Partition* partition = settings.partition(name);
    return partition == nullptr ? std::string() : settings.socket("stored-" + partition->name);
  };
  options.peer_uids = context.peer_uids;
  options.limits.idle_timeout = std::chrono::seconds(settings.imap.idle_timeout_seconds);
  options.limits.max_errors = settings.imap.max_errors;
  options.limits.max_message_bytes = settings.smtp.max_message_bytes;
  options.limits.command.line = settings.imap.max_line_bytes;
  options.limits.command.literal = settings.imap.max_literal_bytes;
  options.max_sessions_per_user = settings.imap.max_connections_per_user;
  options.max_sessions_per_user_and_client = settings.imap.max_connections_per_user_and_client;
  return options;
}

loop::Task<Result<void>> serve(programs::Context& context) {
  imap::Server server(context.loop, options_of(context));
  server.serve(context.take("imapd"));
  context.ready();
  const auto asked = co_await context.stop.wait(loop::Deadline::never());
  static_cast<void>(asked);
  co_await server.stop(programs::Context::stop_deadline());
  co_return Result<void>{};
}

}  // namespace

int main(int argc, char** argv) { return programs::run_daemon(argc, argv, "imapd", serve); }
