// SPDX-License-Identifier: Apache-2.0
// ID (RFC 2971), allowed at any time. What clients say goes to the log.
#include "imap/grammar/id_parameters.h"

#include "imap/commands/commands.h"
#include "log/log.h"

namespace mailtree::imap::commands {

Ending id(Session& session, Decoder& arguments) {
  IdParameters parameters;
  if (!arguments.space() || !read_id_parameters(arguments, parameters) || !arguments.end()) co_return arguments.error();
  log::event(log::Level::info, "imap.client.identified", {{"client", describe_id(parameters)}}, session.id());
  append_id_response(session.out());
  co_return Completion::ok("ID completed");
}

}  // namespace mailtree::imap::commands
