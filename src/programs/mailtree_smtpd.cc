// SPDX-License-Identifier: Apache-2.0
// mailtree-smtpd: SMTP from the world, submission from the users, LMTP from hosts of ours.
#include <chrono>

#include "base/clock.h"
#include "log/log.h"
#include "loop/signal.h"
#include "programs/bootstrap.h"
#include "programs/daemon_table.h"
#include "smtp/server/backends.h"
#include "smtp/server/server.h"

namespace {

using mailtree::Result;
using mailtree::loop::Deadline;
using mailtree::loop::Task;
using mailtree::programs::Context;
using mailtree::smtp::Role;
using mailtree::smtp::Server;

void reload(Server& server) {
  const auto loaded = server.load_certificate();
  if (!loaded)
    mailtree::log::event(mailtree::log::Level::error, "smtp.certificate.refused", {{"error", loaded.error().detail}});
}

Task<Result<void>> serve(Context& context) {
  const mailtree::SystemClock clock;
  const auto* const line = mailtree::programs::find_daemon("smtpd");
  const auto processes = mailtree::programs::instances_of(*line, context.settings).size();
  const auto backends = mailtree::smtp::connected_backends(context.loop, context.settings);
  Server server(context.loop, context.settings, *backends, clock, processes);
  const auto loaded = server.load_certificate();
  if (!loaded) co_return loaded.error();
  context.on_reload = [&server] { reload(server); };
  for (const Role role : {Role::mx, Role::submission, Role::submissions, Role::lmtp})
    for (mailtree::UniqueFd& listening : context.take_all(mailtree::smtp::name_of(role)))
      server.listen(role, std::move(listening));
  context.ready();
  const auto stopped = co_await context.stop.wait(Deadline::never());
  static_cast<void>(stopped);
  context.on_reload = {};
  co_await server.stop(Context::stop_deadline());
  co_return Result<void>{};
}

}  // namespace

int main(int argc, char** argv) { return mailtree::programs::run_daemon(argc, argv, "smtpd", serve); }
