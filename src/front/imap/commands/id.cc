// SPDX-License-Identifier: Apache-2.0
// RFC 2971.
#include "imap/grammar/id_parameters.h"

#include "front/imap/command_table.h"

namespace mailtree::front::imap {

Task<Answer> id(Session& session, Decoder& arguments) {
  mailtree::imap::IdParameters parameters;
  if (!arguments.space() || !mailtree::imap::read_id_parameters(arguments, parameters) || !arguments.end())
    co_return Answer("BAD " + arguments.error().reply);
  session.set_client_id(mailtree::imap::describe_id(parameters));
  std::string response;
  mailtree::imap::append_id_response(response);
  session.say(response);
  co_return Answer("OK ID completed");
}

}  // namespace mailtree::front::imap
