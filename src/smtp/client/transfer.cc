// SPDX-License-Identifier: Apache-2.0
// One message over a client session: MAIL, RCPT, then DATA or BDAT, and what the server made of each recipient.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/ascii.h"
#include "smtp/address.h"
#include "smtp/client/session.h"
#include "smtp/content_inspector.h"
#include "smtp/data_reader.h"

namespace mailtree::smtp::client {
namespace {

constexpr std::size_t piece_octets = 64UL * 1024;

Outcome outcome_of(const Reply& reply) {
  if (reply.positive()) return {Outcome::Kind::delivered, reply};
  return {reply.permanent() ? Outcome::Kind::permanent : Outcome::Kind::temporary, reply};
}

// Up to `piece_octets` from `at`; empty at the end or if the file fails, which the caller sees by what is missing.
std::string read_piece(const Content& content, std::uint64_t at) {
  std::string piece(static_cast<std::size_t>(std::min<std::uint64_t>(piece_octets, content.size - at)), '\0');
  ssize_t got = 0;
  do {
    got = ::pread(content.file, piece.data(), piece.size(), static_cast<off_t>(content.offset + at));
  } while (got < 0 && errno == EINTR);
  piece.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return piece;
}

// Octets that DATA cannot carry unchanged.
bool needs_binary(const Content& content) {
  ContentInspector inspector;
  for (std::uint64_t at = 0; at < content.size;) {
    const std::string piece = read_piece(content, at);
    if (piece.empty()) break;
    inspector.feed(piece);
    const ContentFacts& facts = inspector.facts();
    if (facts.bare_cr || facts.bare_lf || facts.nul) return true;
    at += piece.size();
  }
  return inspector.finish().bare_cr;
}

std::string mail_parameters(const Envelope& envelope, const Content& content, const Capabilities& server, bool binary) {
  std::string text;
  if (server.size) text += " SIZE=" + std::to_string(content.size);
  if (binary) text += " BODY=BINARYMIME";
  // An 8-bit message goes to a server without 8BITMIME as it is: recoding would break signatures.
  if (!binary && envelope.eight_bit && server.eight_bit_mime) text += " BODY=8BITMIME";
  if (envelope.smtputf8) text += " SMTPUTF8";
  if (server.dsn && envelope.ret != Return::not_given) text += envelope.ret == Return::full ? " RET=FULL" : " RET=HDRS";
  if (server.dsn && !envelope.envelope_id.empty()) text += " ENVID=" + encode_xtext(envelope.envelope_id);
  return text;
}

std::string notify_words(std::uint8_t bits) {
  std::string words;
  const auto add = [&words, bits](std::uint8_t bit, const char* word) {
    if ((bits & bit) == 0) return;
    if (!words.empty()) words += ',';
    words += word;
  };
  add(notify::never, "NEVER");
  add(notify::success, "SUCCESS");
  add(notify::failure, "FAILURE");
  add(notify::delay, "DELAY");
  return words;
}

std::string rcpt_line(const Recipient& recipient, const Capabilities& server) {
  std::string line = "RCPT TO:<" + recipient.address + '>';
  if (server.dsn && recipient.notify != 0) line += " NOTIFY=" + notify_words(recipient.notify);
  const std::size_t semicolon = recipient.original.find(';');
  if (server.dsn && semicolon != std::string::npos)
    line += " ORCPT=" + recipient.original.substr(0, semicolon + 1) +
            encode_xtext(recipient.original.substr(semicolon + 1));
  return line + "\r\n";
}

// What goes between angle brackets must not end them or the line; no address that was parsed does.
bool is_safe(std::string_view address) {
  return std::none_of(address.begin(), address.end(), [](char c) { return ascii::is_control(c); }) &&
         (address.empty() || parse_address(address).has_value());
}

bool is_safe(const Envelope& envelope) {
  return is_safe(envelope.sender) && std::all_of(envelope.recipients.begin(), envelope.recipients.end(),
                                                 [](const Recipient& to) { return is_safe(to.address); });
}

void fail_open_recipients(Report& report, const std::vector<std::size_t>& open, const Outcome& outcome) {
  for (const std::size_t index : open) report.recipients[index] = outcome;
}

}  // namespace

Task<Report> Session::deliver(const Envelope& envelope, const Content& content) {
  Report report;
  report.recipients.resize(envelope.recipients.size());
  accepted_.clear();
  const auto fail_all = [&report](Outcome::Kind kind, const char* status, const std::string& text) {
    for (Outcome& one : report.recipients) one = Outcome(kind, Reply{0, status, text});
  };
  if (!usable_) {
    fail_all(Outcome::Kind::temporary, "4.4.2", "connection lost");
    report.connection_lost = true;
    co_return report;
  }
  if (!is_safe(envelope)) {
    fail_all(Outcome::Kind::permanent, "5.1.3", "not an address");
    co_return report;
  }
  if (capabilities_.max_size != 0 && content.size > capabilities_.max_size) {
    fail_all(Outcome::Kind::permanent, "5.3.4", "message is bigger than the server takes");
    co_return report;
  }
  if (envelope.smtputf8 && !capabilities_.smtputf8) {
    fail_all(Outcome::Kind::permanent, "5.6.7", "the server does not offer SMTPUTF8");
    co_return report;
  }
  const bool binary = capabilities_.chunking && capabilities_.binary_mime && needs_binary(content);
  std::string parameters = mail_parameters(envelope, content, capabilities_, binary);
  Result<void> done = co_await send_envelope(envelope, std::move(parameters), report);
  if (done && !accepted_.empty()) done = co_await send_content(content, binary, report);
  if (!done) {
    const Outcome lost(Outcome::Kind::temporary, Reply{0, "4.4.2", done.error().detail});
    fail_open_recipients(report, accepted_, lost);
    for (Outcome& one : report.recipients)
      if (one.reply.code == 0 && one.reply.text.empty()) one = lost;
    report.connection_lost = true;
    usable_ = false;
    co_return report;
  }
  for (std::size_t i = 0; i < report.recipients.size(); ++i)
    report.recipients[i].dsn_passed_on = capabilities_.dsn && report.recipients[i].kind == Outcome::Kind::delivered;
  co_return report;
}

Task<Result<void>> Session::send_envelope(const Envelope& envelope, std::string parameters, Report& report) {
  std::vector<std::string> lines;
  lines.push_back("MAIL FROM:<" + envelope.sender + '>' + parameters + "\r\n");
  for (const Recipient& recipient : envelope.recipients) lines.push_back(rcpt_line(recipient, capabilities_));
  std::string group;
  if (capabilities_.pipelining) {
    if (!reader_.empty()) co_return Error::temporary(Condition::syntax, "the server spoke out of turn");
    for (const std::string& line : lines) group += line;
    const auto sent = co_await write(group, options_.patience.command);
    if (!sent) co_return sent.error();
  }
  Reply mail;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    Result<Reply> reply = Reply{};
    if (capabilities_.pipelining) {
      reply = co_await read_reply(options_.patience.command);
    } else {
      std::string line = std::move(lines[i]);
      reply = co_await command(std::move(line), options_.patience.command);
    }
    if (!reply) co_return reply.error();
    if (i == 0) {
      mail = *reply;
      if (!mail.positive() && !capabilities_.pipelining) break;
      continue;
    }
    report.recipients[i - 1] = outcome_of(mail.positive() ? *reply : mail);
    if (mail.positive() && reply->positive()) accepted_.push_back(i - 1);
  }
  if (!mail.positive())
    for (Outcome& one : report.recipients) one = outcome_of(mail);
  if (accepted_.empty()) co_await rewind();
  co_return Result<void>{};
}

Task<Result<void>> Session::send_content(const Content& content, bool binary, Report& report) {
  Result<Reply> reply = Reply{};
  if (binary) {
    reply = co_await send_chunks(content);
  } else {
    reply = co_await send_data(content);
  }
  if (!reply) co_return reply.error();
  const auto read = co_await read_results(*reply, report);
  co_return read;
}

// `first` answers the end of the message, or refuses it before (then it stands for everybody). LMTP has one for each
// accepted recipient (RFC 2033 4.2).
Task<Result<void>> Session::read_results(Reply first, Report& report) {
  const bool whole = usable_ || first.code != 421;
  Reply reply = std::move(first);
  std::vector<std::size_t> open = std::exchange(accepted_, {});
  for (std::size_t i = 0; i < open.size(); ++i) {
    report.recipients[open[i]] = outcome_of(reply);
    const bool more = options_.lmtp && content_sent_ && whole && i + 1 < open.size();
    if (!more) continue;
    const auto next = co_await read_reply(options_.patience.data_end);
    if (!next) {
      accepted_.assign(open.begin() + static_cast<long>(i) + 1, open.end());  // these stay unknown
      co_return next.error();
    }
    reply = *next;
  }
  if (!content_sent_) co_await rewind();
  co_return Result<void>{};
}

Task<Result<Reply>> Session::send_data(const Content& content) {
  [[maybe_unused]] const int frame = 0;
  content_sent_ = false;
  Result<Reply> start = co_await command("DATA\r\n", options_.patience.data_start);
  if (!start || start->code != 354) {
    // 2xx to DATA makes no sense: nothing was sent, so nothing was taken.
    if (start && start->positive()) co_return Error::temporary(Condition::syntax, "odd reply to DATA");
    co_return start;
  }
  DataWriter writer;
  std::string out;
  for (std::uint64_t at = 0; at < content.size;) {
    const std::string piece = read_piece(content, at);
    // The message must not end here: the connection goes, so that the server forgets what it has.
    if (piece.empty()) co_return Error::temporary(Condition::storage, "the message file is too short");
    at += piece.size();
    out.clear();
    writer.feed(piece, out);
    const auto sent = co_await write(out, options_.patience.data_block);
    if (!sent) co_return sent.error();
  }
  if (!reader_.empty()) co_return Error::temporary(Condition::syntax, "the server answered before the end of data");
  out.clear();
  writer.finish(out);
  const auto ended = co_await write(out, options_.patience.data_block);
  if (!ended) co_return ended.error();
  content_sent_ = true;
  const auto reply = co_await read_reply(options_.patience.data_end);
  co_return reply;
}

Task<Result<Reply>> Session::send_chunks(const Content& content) {
  std::uint64_t at = 0;
  content_sent_ = false;
  for (;;) {
    const std::string piece = read_piece(content, at);
    if (piece.empty() && at < content.size)
      co_return Error::temporary(Condition::storage, "the message file is too short");
    at += piece.size();
    const bool last = at >= content.size;
    std::string out = "BDAT " + std::to_string(piece.size()) + (last ? " LAST\r\n" : "\r\n") + piece;
    const auto patience = last ? options_.patience.data_end : options_.patience.data_block;
    Result<Reply> reply = co_await command(std::move(out), patience);
    content_sent_ = last;
    if (!reply || last || !reply->positive()) co_return reply;
  }
}

Task<void> Session::rewind() {
  [[maybe_unused]] const int frame = 0;
  if (!usable_) co_return;
  const auto reply = co_await command("RSET\r\n", options_.patience.command);
  static_cast<void>(reply);
}

}  // namespace mailtree::smtp::client
