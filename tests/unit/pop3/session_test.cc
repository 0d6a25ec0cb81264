// SPDX-License-Identifier: Apache-2.0
#include "pop3/session.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "memory_mailbox.h"

using namespace mailtree::pop3;
using mailtree::pop3::testing::Shelf;
using mailtree::pop3::testing::talk;

namespace {

const std::string one = "Subject: one\r\n\r\n.dot\r\nlast\r\n";
const std::string two = "Subject: two\n\nbare\n";

Shelf two_messages() {
  Shelf shelf;
  shelf.messages = {one, two};
  return shelf;
}

// The answers without the one to the sign-in.
std::string answers(Shelf& shelf, std::string_view input) {
  const std::string all = talk(shelf, input);
  return all.substr(all.find("\r\n") + 2);
}

std::string answers(std::string_view input) {
  Shelf shelf = two_messages();
  return answers(shelf, input);
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find("\r\n"));
}

bool is_error(const std::string& text) {
  return text.starts_with("-ERR ") && text.find("\r\n") == text.size() - 2;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_sign_in_is_answered_with_the_size_of_the_maildrop) {
  Shelf shelf = two_messages();
  BOOST_TEST(talk(shelf, "") == "+OK Signed in, 2 messages (50 octets)\r\n");
}

BOOST_AUTO_TEST_CASE(an_unreachable_mailbox_is_a_temporary_failure) {
  Shelf shelf = two_messages();
  shelf.lists = false;
  BOOST_TEST(talk(shelf, "STAT\r\n").starts_with("-ERR [SYS/TEMP] "));
}

BOOST_AUTO_TEST_CASE(sizes_count_line_ends_as_they_are_sent) {
  BOOST_TEST(answers("STAT\r\n") == "+OK 2 50\r\n");
  BOOST_TEST(answers("LIST\r\n") == "+OK 2 messages (50 octets)\r\n1 28\r\n2 22\r\n.\r\n");
  BOOST_TEST(answers("list 2\r\n") == "+OK 2 22\r\n");
}

BOOST_AUTO_TEST_CASE(messages_are_sent_with_doubled_dots_and_crlf) {
  BOOST_TEST(answers("RETR 1\r\n") == "+OK 28 octets\r\nSubject: one\r\n\r\n..dot\r\nlast\r\n.\r\n");
  BOOST_TEST(answers("RETR 2\r\n") == "+OK 22 octets\r\nSubject: two\r\n\r\nbare\r\n.\r\n");
  BOOST_TEST(answers("TOP 1 1\r\n") == "+OK\r\nSubject: one\r\n\r\n..dot\r\n.\r\n");
  BOOST_TEST(answers("TOP 2 0\r\n") == "+OK\r\nSubject: two\r\n\r\n.\r\n");
}

BOOST_AUTO_TEST_CASE(large_messages_come_in_pieces_and_whole) {
  Shelf shelf;
  std::string text = "Subject: large\r\n\r\n";
  for (int i = 0; i < 50000; ++i) text += ".line " + std::to_string(i) + "\r\n";
  shelf.messages = {text};
  const std::string answer = answers(shelf, "RETR 1\r\nTOP 1 49999\r\nNOOP\r\n");
  std::string stuffed = "Subject: large\r\n\r\n";
  for (int i = 0; i < 50000; ++i) stuffed += "..line " + std::to_string(i) + "\r\n";
  const std::string without_last = stuffed.substr(0, stuffed.rfind("..line"));
  BOOST_TEST((answer == "+OK " + std::to_string(text.size()) + " octets\r\n" + stuffed + ".\r\n+OK\r\n" + without_last +
                            ".\r\n+OK\r\n"));
}

BOOST_AUTO_TEST_CASE(unique_ids_are_short_printable_and_distinct) {
  const std::string answer = answers("UIDL\r\n");
  BOOST_TEST(answer == "+OK\r\n1 aaaaaaaaaaaaaaaaaaaa.1\r\n2 aeaaaaaaaaaaaaaaaaaa.2\r\n.\r\n");
  BOOST_TEST(answers("UIDL 2\r\n") == "+OK 2 aeaaaaaaaaaaaaaaaaaa.2\r\n");
  Message longest;
  longest.uid = 0xffffffff;
  BOOST_TEST(unique_id(longest).size() <= 70U);
}

// P01
BOOST_AUTO_TEST_CASE(impossible_numbers_are_refused_and_the_session_lives) {
  for (const char* argument : {"0", "-1", "+1", "3", "01x", "4294967296", "4294967297", "18446744073709551616", "x",
                               "1.0", "99999999999999999999999999"})
    for (const char* verb : {"RETR ", "DELE ", "LIST ", "UIDL "}) {
      const std::string answer = answers(std::string(verb) + argument + "\r\nNOOP\r\n");
      BOOST_TEST(answer.starts_with("-ERR "));
      BOOST_TEST(answer.ends_with("\r\n+OK\r\n"));
    }
  for (const char* line : {"TOP 1 99999999999", "TOP 1 -1", "TOP 1", "TOP", "TOP 3 1", "RETR", "DELE", "STAT 1",
                           "RETR 1 2", "UIDL x", "NOOP x", "", " ", "XYZZY", "RETR\t", "\x80\xff", "APOP a b", "UTF8"})
    BOOST_TEST(is_error(answers(std::string(line) + "\r\n")), line);
}

BOOST_AUTO_TEST_CASE(deleted_messages_are_hidden_until_reset) {
  BOOST_TEST(answers("DELE 1\r\nSTAT\r\nLIST\r\nUIDL\r\n") ==
             "+OK Marked for deletion\r\n+OK 1 22\r\n+OK 1 messages (22 octets)\r\n2 22\r\n.\r\n"
             "+OK\r\n2 aeaaaaaaaaaaaaaaaaaa.2\r\n.\r\n");
  for (const char* line : {"RETR 1", "LIST 1", "UIDL 1", "TOP 1 1", "DELE 1"}) {
    const std::string answer = answers("DELE 1\r\n" + std::string(line) + "\r\n");
    BOOST_TEST(is_error(answer.substr(answer.find("\r\n") + 2)), line);
  }
  BOOST_TEST(answers("DELE 1\r\nRSET\r\nSTAT\r\n").ends_with("+OK 2 messages (50 octets)\r\n+OK 2 50\r\n"));
}

// P02
BOOST_AUTO_TEST_CASE(only_quit_removes_and_in_one_step) {
  Shelf shelf = two_messages();
  shelf.messages.push_back(one);
  BOOST_TEST(first_line(answers(shelf, "QUIT\r\nNOOP\r\n")) == "+OK Bye");
  answers(shelf, "DELE 1\r\nDELE 3\r\n");
  answers(shelf, "DELE 1\r\nRSET\r\nQUIT\r\n");
  BOOST_TEST(shelf.removals.empty());
  BOOST_TEST(answers(shelf, "DELE 1\r\nDELE 3\r\nQUIT\r\nNOOP\r\n").ends_with("+OK Bye, 2 messages deleted\r\n"));
  BOOST_TEST_REQUIRE(shelf.removals.size() == 1U);
  const mailtree::store::UidSet expected = {{1, 1}, {3, 3}};
  BOOST_TEST((shelf.removals[0] == expected));
}

BOOST_AUTO_TEST_CASE(a_failed_removal_is_told) {
  Shelf shelf = two_messages();
  shelf.removes = false;
  BOOST_TEST(answers(shelf, "DELE 1\r\nQUIT\r\n").ends_with("-ERR [SYS/TEMP] some deleted messages not removed\r\n"));
}

BOOST_AUTO_TEST_CASE(a_message_removed_by_another_session_is_an_error_only) {
  Shelf shelf = two_messages();
  shelf.vanished = {1};
  const std::string answer = answers(shelf, "RETR 1\r\nTOP 1 0\r\nRETR 2\r\n");
  BOOST_TEST(answer.starts_with("-ERR Message was removed by another session\r\n-ERR Message was"));
  BOOST_TEST(answer.ends_with("bare\r\n.\r\n"));
}

BOOST_AUTO_TEST_CASE(a_damaged_message_never_looks_whole) {
  Shelf shelf = two_messages();
  shelf.lost_octets = 3;
  const std::string answer = answers(shelf, "RETR 1\r\nNOOP\r\n");
  BOOST_TEST(answer.find("\r\n.\r\n") == std::string::npos);
}

// P05
BOOST_AUTO_TEST_CASE(long_lines_are_refused) {
  BOOST_TEST(answers(std::string(4096, 'x') + "\r\nNOOP\r\n") == "-ERR Line too long\r\n+OK\r\n");
  BOOST_TEST(answers("RETR 1" + std::string(max_line_bytes - 6, ' ') + "\r\n").starts_with("+OK 28"));
  BOOST_TEST(answers("RETR 1" + std::string(max_line_bytes - 5, ' ') + "\r\n") == "-ERR Line too long\r\n");
}

BOOST_AUTO_TEST_CASE(too_many_mistakes_in_a_row_end_the_session) {
  std::string input;
  for (int i = 0; i < 19; ++i) input += "XYZZY\r\n";
  BOOST_TEST(answers(input + "NOOP\r\n" + input + "NOOP\r\n").ends_with("+OK\r\n"));
  BOOST_TEST(answers(input + "XYZZY\r\nNOOP\r\n").ends_with("-ERR Too many errors\r\n"));
}

BOOST_AUTO_TEST_CASE(many_messages_and_pipelined_commands_are_answered_in_order) {
  Shelf shelf;
  shelf.messages.assign(30000, "x\r\n");
  const std::string listed = answers(shelf, "LIST\r\n");
  BOOST_TEST(listed.ends_with("\r\n30000 3\r\n.\r\n"));
  std::string input;
  for (int i = 0; i < 3000; ++i) input += "RETR 1\r\n";
  const std::string all = answers(shelf, input);
  BOOST_TEST(all.size() == 3000 * std::string("+OK 3 octets\r\nx\r\n.\r\n").size());
}

BOOST_AUTO_TEST_CASE(capabilities_are_those_of_a_signed_in_session) {
  const std::string answer = answers("CAPA\r\n");
  for (const char* word :
       {"\r\nTOP\r\n", "\r\nUIDL\r\n", "\r\nRESP-CODES\r\n", "\r\nAUTH-RESP-CODE\r\n", "\r\nPIPELINING\r\n"})
    BOOST_TEST(answer.find(word) != std::string::npos);
  for (const char* word : {"STLS", "USER", "SASL", "UTF8"}) BOOST_TEST(answer.find(word) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_idle_session_ends_and_deletes_nothing) {
  Shelf shelf = two_messages();
  mailtree::loop::Loop loop;
  mailtree::loop::WorkerPool pool(loop, 1);
  auto [server, client] = mailtree::net::memory_stream_pair(loop);
  server->input() = "DELE 1\r\n";
  SessionLimits limits;
  limits.idle_timeout = std::chrono::milliseconds(100);
  {
    Session session(pool, limits, std::move(server), std::make_unique<testing::MemoryMailbox>(shelf), "test");
    mailtree::test::run_task(loop, session.run());
  }
  BOOST_TEST(client->input().ends_with("+OK Marked for deletion\r\n"));
  BOOST_TEST(shelf.removals.empty());
}
