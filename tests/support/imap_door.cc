// SPDX-License-Identifier: Apache-2.0
// For tests of imapd alone: a TCP port that signs everybody in. It greets, reads LOGIN name password, makes an account
// of the name without asking a directory, and hands the connection to imapd as frontd would. Never installed.
//   imap_door <port> <imapd socket>
#include <cstdio>
#include <cstdlib>

#include "ldapauth/account.h"
#include "loop/listen_socket.h"
#include "loop/socket.h"
#include "loop/task_group.h"
#include "net/channel.h"
#include "net/line_reader.h"
#include "net/session_start.h"
#include "net/wire.h"

namespace {

using namespace mailtree;
using loop::Deadline;
using loop::Task;

// "a LOGIN user01@alpha.test secret" -> {"a", "user01@alpha.test"}
std::pair<std::string, std::string> read_login(const std::string& line) {
  std::string words[3];
  std::size_t at = 0;
  for (const char c : line) {
    if (c == ' ' && ++at == 3) break;
    if (c != ' ' && c != '"') words[at].push_back(c);
  }
  return {words[0], words[2]};
}

std::string encoded_account(const std::string& name) {
  ldapauth::Account account;
  const std::size_t at = name.find('@');
  account.uid = name.substr(0, at);
  account.domain = at == std::string::npos ? "alpha.test" : name.substr(at + 1);
  account.mail = account.name();
  account.entry_uuid = "00000000-0000-0000-0000-" + name;
  return net::encode(account);
}

Task<void> hand_over(loop::Loop& loop, UniqueFd connection, std::string imapd) {
  const Deadline deadline = Deadline::after(std::chrono::seconds(60));
  auto socket = loop::Socket::adopt(loop, std::move(connection));
  if (!socket) co_return;
  auto stream = net::plain_stream(std::move(*socket));
  const auto greeted = co_await stream->write("* OK door\r\n", deadline);
  if (!greeted) co_return;
  net::LineReader reader(*stream);
  std::pair<std::string, std::string> login;
  while (login.second.empty()) {
    const auto line = co_await reader.line(8000, deadline);
    if (!line) co_return;
    login = read_login(line->text);
    if (!login.second.empty()) break;
    const std::string capability = "* CAPABILITY IMAP4rev1 LITERAL+\r\n" + login.first + " OK done\r\n";
    const auto said = co_await stream->write(capability, deadline);
    if (!said) co_return;
  }
  net::SessionStart start;
  start.protocol = "imap";
  start.account = encoded_account(login.second);
  start.session_id = "door";
  start.login_tag = login.first;
  start.peer_host = "127.0.0.1";
  auto descriptor = stream->socket()->detach();
  start.unread = stream->input();
  auto channel = net::Channel::connect(imapd);
  if (!descriptor || !channel) co_return;
  const auto sent =
      co_await net::send_session(loop, std::move(*channel), std::move(start), std::move(*descriptor), deadline);
  if (!sent) std::fprintf(stderr, "hand over: %s\n", sent.error().detail.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  loop::Loop loop;
  loop::TaskGroup tasks(loop);
  const std::string imapd = argv[2];
  auto listening = loop::listen_tcp("127.0.0.1", static_cast<std::uint16_t>(std::atoi(argv[1])));
  if (!listening) return 1;
  const loop::ListenSocket listener(loop, std::move(*listening), [&](UniqueFd connection) {
    tasks.spawn(hand_over(loop, std::move(connection), imapd));
  });
  loop.run();
}
