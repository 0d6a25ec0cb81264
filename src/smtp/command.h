// SPDX-License-Identifier: Apache-2.0
// A command line of SMTP and LMTP (RFC 5321 4.1.1, RFC 2033, RFC 3030, RFC 4954): verb and parsed arguments.
// Which command is allowed when stands in server/command_table.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "smtp/address.h"
#include "smtp/parameters.h"
#include "smtp/reply.h"

namespace mailtree::smtp {

enum class Verb : unsigned char {
  unknown,
  helo,
  ehlo,
  lhlo,
  mail,
  rcpt,
  data,
  bdat,
  rset,
  noop,
  quit,
  vrfy,
  expn,
  help,
  starttls,
  auth,
  etrn,
  foreign,  // the opening of another protocol: HTTP, TLS, Redis, git, …
};

struct CommandLine {
  Verb verb = Verb::unknown;
  std::string_view argument;  // without blanks at its ends; points into the line
};

// `line` is without its CRLF. Refusals: 501 5.5.2 for NUL and other control octets.
Parsed<CommandLine> parse_command_line(std::string_view line);

struct MailCommand {
  Path path;
  MailParameters parameters;
};
struct RcptCommand {
  Path path;  // always has an address
  RcptParameters parameters;
};
struct BdatCommand {
  std::uint64_t size = 0;
  bool last = false;
};
struct AuthCommand {
  std::string mechanism;                        // upper case
  std::optional<std::string> initial_response;  // decoded; "=" gives the empty string (RFC 4954 section 4)
};

// Arguments of "MAIL", "RCPT" …, as CommandLine::argument has them. Blanks after the colon are let pass: Outlook.
Parsed<MailCommand> parse_mail(std::string_view argument, const Offered& offered);
Parsed<RcptCommand> parse_rcpt(std::string_view argument, const Offered& offered);
Parsed<BdatCommand> parse_bdat(std::string_view argument);
Parsed<AuthCommand> parse_auth(std::string_view argument);

// The name a client gives itself: printable ASCII without blanks. Not required to be a domain: Windows sends bare
// names.
bool is_hello_name(std::string_view argument);

}  // namespace mailtree::smtp
