// SPDX-License-Identifier: Apache-2.0
// mailtree-ldapauthd: the only process that talks to the directory and sees passwords.
#include "ldapauth/daemon/options.h"
#include "ldapauth/daemon/server.h"
#include "programs/bootstrap.h"

namespace {

using mailtree::Result;
using mailtree::loop::Deadline;
using mailtree::loop::Task;
using mailtree::programs::Context;

Task<Result<void>> serve(Context& context) {
  mailtree::ldapauth::Server server(context.loop, mailtree::ldapauth::options_from(context.settings));
  if (auto started = server.start(context.take("ldapauth"), context.peer_uids); !started) co_return started.error();
  context.ready();
  const auto stopped = co_await context.stop.wait(Deadline::never());
  static_cast<void>(stopped);
  co_await server.stop();
  co_return Result<void>{};
}

}  // namespace

int main(int argc, char** argv) { return mailtree::programs::run_daemon(argc, argv, "ldapauthd", serve); }
