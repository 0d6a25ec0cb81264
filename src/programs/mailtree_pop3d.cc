// SPDX-License-Identifier: Apache-2.0
// mailtree-pop3d: POP3 sessions after sign-in.
#include "pop3/server.h"
#include "programs/bootstrap.h"

namespace {

using namespace mailtree;

pop3::Options options_of(const programs::Context& context) {
  const config::Settings& settings = context.settings;
  pop3::Options options;
  options.ldapauth_socket = settings.socket("ldapauth");
  options.store_socket = [&settings](const std::string& name) {
    const config::Partition* partition = settings.partition(name);
    return partition == nullptr ? std::string() : settings.socket("stored-" + partition->name);
  };
  options.peer_uids = context.peer_uids;
  options.limits.idle_timeout = std::chrono::seconds(settings.pop3.idle_timeout_seconds);
  options.limits.max_errors = settings.pop3.max_errors;
  return options;
}

loop::Task<Result<void>> serve(programs::Context& context) {
  pop3::Server server(context.loop, options_of(context));
  server.serve(context.take("pop3d"));
  context.ready();
  const auto asked = co_await context.stop.wait(loop::Deadline::never());
  static_cast<void>(asked);
  co_await server.stop(programs::Context::stop_deadline());
  co_return Result<void>{};
}

}  // namespace

int main(int argc, char** argv) {
  return programs::run_daemon(argc, argv, "pop3d", serve);
}
