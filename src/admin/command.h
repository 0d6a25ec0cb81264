// SPDX-License-Identifier: Apache-2.0
// An operator's command: who, about what, what, with which arguments. The same message for the command line, and later
// for a web console. Fields are only ever appended.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <msgpack/adaptor/bool.hpp>
#include <msgpack/adaptor/define.hpp>
#include <msgpack/adaptor/int.hpp>
#include <msgpack/adaptor/string.hpp>
#include <msgpack/adaptor/vector.hpp>

#include "net/wire.h"

namespace mailtree::admin {

struct CommandReply {
  std::int32_t status = 0;  // exit status of mailtree(1): 0 done, 1 not as wished, 64 not understood
  std::string text;         // lines for a person
  CommandReply() = default;
  CommandReply(std::int32_t s, std::string t) : status(s), text(std::move(t)) {}
  MSGPACK_DEFINE(status, text)
};

struct Command {
  static constexpr std::uint16_t type = 900;
  using Reply = CommandReply;

  // Filled in by the server from the uid of the connection ("uid:0"); what a client writes here is not believed.
  std::string principal;
  std::string scope = "server";  // later also "domain:NAME" and "user:ADDRESS"
  std::string verb;
  std::vector<std::string> arguments;
  Command() = default;
  Command(std::string v, std::vector<std::string> a) : verb(std::move(v)), arguments(std::move(a)) {}
  MSGPACK_DEFINE(principal, scope, verb, arguments)
};

constexpr const char* socket_name = "admin";

}  // namespace mailtree::admin
