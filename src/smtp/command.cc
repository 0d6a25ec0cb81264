// SPDX-License-Identifier: Apache-2.0
#include "smtp/command.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/ascii.h"
#include "base/encoding.h"
#include "smtp/limits.h"

namespace mailtree::smtp {
namespace {

struct Word {
  std::string_view text;
  Verb verb;
};

constexpr std::array verbs = {
    Word{"HELO", Verb::helo},
    Word{"EHLO", Verb::ehlo},
    Word{"LHLO", Verb::lhlo},
    Word{"MAIL", Verb::mail},
    Word{"RCPT", Verb::rcpt},
    Word{"DATA", Verb::data},
    Word{"BDAT", Verb::bdat},
    Word{"RSET", Verb::rset},
    Word{"NOOP", Verb::noop},
    Word{"QUIT", Verb::quit},
    Word{"VRFY", Verb::vrfy},
    Word{"EXPN", Verb::expn},
    Word{"HELP", Verb::help},
    Word{"STARTTLS", Verb::starttls},
    Word{"AUTH", Verb::auth},
    Word{"ETRN", Verb::etrn},
    // First words of other protocols, sent by browsers and scanners. Going on would run what their bodies contain.
    Word{"GET", Verb::foreign},
    Word{"POST", Verb::foreign},
    Word{"PUT", Verb::foreign},
    Word{"HEAD", Verb::foreign},
    Word{"OPTIONS", Verb::foreign},
    Word{"DELETE", Verb::foreign},
    Word{"CONNECT", Verb::foreign},
    Word{"PATCH", Verb::foreign},
    Word{"TRACE", Verb::foreign},
    Word{"PRI", Verb::foreign},
    Word{"PROPFIND", Verb::foreign},
    Word{"USER", Verb::foreign},
    Word{"NICK", Verb::foreign},
    Word{"INVITE", Verb::foreign},
    Word{"REGISTER", Verb::foreign},
    Word{"HOST:", Verb::foreign},
    Word{"CONTENT-LENGTH:", Verb::foreign},
    Word{"CONTENT-TYPE:", Verb::foreign},
    Word{"USER-AGENT:", Verb::foreign},
};

// Openings without a first word: a TLS record, a Redis array, a git packet line, an SSH or RTSP greeting.
bool is_foreign_opening(std::string_view line) {
  if (line.size() >= 2 && line[0] == 0x16 && line[1] == 0x03) return true;
  if (line.size() >= 2 && line[0] == '*' && ascii::is_digit(line[1])) return true;
  return ascii::starts_with(line, "SSH-") || line.find("git-upload-pack") != std::string_view::npos;
}

// The path behind "FROM:" or "TO:"; `argument` then holds the parameters.
Parsed<Path> take_clause(std::string_view& argument, std::string_view keyword, PathKind kind) {
  if (!ascii::starts_with(argument, keyword))
    return Reply{
        501, "5.5.4",
        "Syntax: " + std::string(kind == PathKind::reverse ? "MAIL " : "RCPT ") + std::string(keyword) + "<address>"};
  std::string_view rest = ascii::trim(argument.substr(keyword.size()));
  Parsed<Path> path = take_path(rest, kind);
  argument = rest;
  return path;
}

// RFC 6531 3.4 and 3.7.4.2: 8-bit addresses need the parameter, and then UTF-8.
std::optional<Reply> check_8bit(const Path& path, bool smtputf8) {
  if (!path.has_8bit) return std::nullopt;
  if (!smtputf8) return Reply{553, "5.6.7", "Address needs SMTPUTF8"};
  if (!path.valid_utf8) return Reply{553, "5.1.3", "Address is not UTF-8"};
  return std::nullopt;
}

}  // namespace

Parsed<CommandLine> parse_command_line(std::string_view line) {
  if (is_foreign_opening(line)) return CommandLine{Verb::foreign, {}};
  if (std::any_of(line.begin(), line.end(), [](char c) { return ascii::is_control(c) && c != '\t'; }))
    return Reply{501, "5.5.2", "Control characters are not allowed"};
  const std::size_t end = line.find_first_of(" \t");
  const std::string_view word = line.substr(0, end);
  const std::string_view rest = end == std::string_view::npos ? std::string_view() : line.substr(end);
  const auto* found =
      std::find_if(verbs.begin(), verbs.end(), [word](const Word& w) { return ascii::equal(w.text, word); });
  return CommandLine{found == verbs.end() ? Verb::unknown : found->verb, ascii::trim(rest)};
}

Parsed<MailCommand> parse_mail(std::string_view argument, const Offered& offered) {
  Parsed<Path> path = take_clause(argument, "FROM:", PathKind::reverse);
  if (const Reply* refusal = std::get_if<Reply>(&path)) return *refusal;
  Parsed<MailParameters> parameters = parse_mail_parameters(argument, offered);
  if (const Reply* refusal = std::get_if<Reply>(&parameters)) return *refusal;
  MailCommand command{std::get<Path>(std::move(path)), std::get<MailParameters>(std::move(parameters))};
  if (auto refusal = check_8bit(command.path, command.parameters.smtputf8)) return *refusal;
  return command;
}

Parsed<RcptCommand> parse_rcpt(std::string_view argument, const Offered& offered) {
  Parsed<Path> path = take_clause(argument, "TO:", PathKind::forward);
  if (const Reply* refusal = std::get_if<Reply>(&path)) return *refusal;
  Parsed<RcptParameters> parameters = parse_rcpt_parameters(argument, offered);
  if (const Reply* refusal = std::get_if<Reply>(&parameters)) return *refusal;
  RcptCommand command{std::get<Path>(std::move(path)), std::get<RcptParameters>(std::move(parameters))};
  if (auto refusal = check_8bit(command.path, offered.smtputf8)) return *refusal;
  return command;
}

Parsed<BdatCommand> parse_bdat(std::string_view argument) {
  const Reply refusal{501, "5.5.4", "Syntax: BDAT size [LAST]"};
  const std::size_t end = argument.find(' ');
  const auto size = ascii::number<std::uint64_t>(argument.substr(0, end), limits::chunk);
  if (!size) return refusal;
  BdatCommand command{*size, false};
  if (end == std::string_view::npos) return command;
  if (!ascii::equal(ascii::trim(argument.substr(end)), "LAST")) return refusal;
  command.last = true;
  return command;
}

Parsed<AuthCommand> parse_auth(std::string_view argument) {
  const std::size_t end = argument.find(' ');
  AuthCommand command{ascii::to_upper(argument.substr(0, end)), std::nullopt};
  // RFC 4422 3.1: 1 to 20 letters, digits, hyphens and underscores.
  const bool named = !command.mechanism.empty() && command.mechanism.size() <= 20 &&
                     std::all_of(command.mechanism.begin(), command.mechanism.end(), [](char c) {
                       return ascii::is_alpha(c) || ascii::is_digit(c) || c == '-' || c == '_';
                     });
  if (!named) return Reply{501, "5.5.4", "Syntax: AUTH mechanism [initial-response]"};
  if (end == std::string_view::npos) return command;
  const std::string_view response = ascii::trim(argument.substr(end));
  command.initial_response = response == "=" ? std::string() : base64_decode(response);
  if (!command.initial_response) return Reply{501, "5.5.2", "Response is not base64"};
  return command;
}

bool is_hello_name(std::string_view argument) {
  return !argument.empty() && argument.size() <= limits::domain &&
         std::none_of(argument.begin(), argument.end(),
                      [](char c) { return c == ' ' || ascii::is_control(c) || ascii::is_8bit(c); });
}

}  // namespace mailtree::smtp
