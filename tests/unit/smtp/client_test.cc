// SPDX-License-Identifier: Apache-2.0
#include <sys/mman.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "fake_backends.h"
#include "loop/loop.h"
#include "loop/task_group.h"
#include "net/memory_stream.h"
#include "smtp/client/session.h"

using namespace mailtree;
using namespace mailtree::smtp::client;
namespace test = mailtree::smtp::test;
using loop::Task;
using What = Outcome::Kind;

namespace {

// A server that plays a script: waits for text that ends with `until`, then says `answer`. "" closes the connection.
struct Line {
  std::string until, answer;
};

Task<void> play(std::unique_ptr<net::Stream> stream, std::vector<Line> script, std::string& heard) {
  [[maybe_unused]] const int frame = 0;
  for (const Line& line : script) {
    while (!line.until.empty() && stream->input().find(line.until) == std::string::npos) {
      const auto filled = co_await stream->fill(loop::Deadline::after(std::chrono::seconds(20)));
      if (!filled || *filled == 0) co_return;
    }
    const std::size_t end = line.until.empty() ? 0 : stream->input().find(line.until) + line.until.size();
    heard += stream->input().substr(0, end);
    stream->input().erase(0, end);
    if (line.answer.empty()) co_return;
    const auto said = co_await stream->write(line.answer, loop::Deadline::never());
    static_cast<void>(said);
  }
  for (;;) {
    const auto filled = co_await stream->fill(loop::Deadline::after(std::chrono::seconds(20)));
    if (!filled || *filled == 0) break;
    if (stream->input().ends_with("QUIT\r\n")) break;  // who leaves is not made to wait for 221
  }
  heard += stream->input();
}

struct Run {
  Report report;
  std::string heard, failure;
  bool usable = false;
};

Task<void> deliver(std::unique_ptr<net::Stream> stream, Options options, Envelope envelope, Content content, Run& run) {
  auto session = co_await Session::open(std::move(stream), std::move(options));
  if (!session) {
    run.failure = session.error().detail;
    co_return;
  }
  run.report = co_await (*session)->deliver(envelope, content);
  run.usable = (*session)->usable();
  co_await (*session)->quit();
}

Run run_script(std::vector<Line> script, const std::string& text, std::vector<std::string> to, bool lmtp = false) {
  loop::Loop loop;
  loop::TaskGroup tasks(loop), watch(loop);
  Run run;
  const UniqueFd file(::memfd_create("message", MFD_CLOEXEC));
  const std::string whole = "Return-Path: <a@b>\r\n" + text;
  BOOST_REQUIRE(::write(file.get(), whole.data(), whole.size()) == static_cast<ssize_t>(whole.size()));
  Envelope envelope;
  envelope.sender = "ann@here.test";
  for (std::string& address : to) envelope.recipients.push_back({std::move(address), "", 0});
  Options options;
  options.hello_name = "mx.here.test";
  options.lmtp = lmtp;
  auto [client, server] = net::memory_stream_pair(loop);
  tasks.spawn(play(std::move(server), std::move(script), run.heard));
  tasks.spawn(deliver(std::move(client), std::move(options), std::move(envelope),
                      Content{file.get(), whole.size() - text.size(), text.size()}, run));
  watch.spawn(test::stop_when_done(loop, tasks));
  loop.run();
  return run;
}

const Line greeting{"", "220 mx\r\n"};
const Line hello{"EHLO mx.here.test\r\n", "250-mx\r\n250-SIZE 1000\r\n250 PIPELINING\r\n"};
const Line plain_hello{"EHLO mx.here.test\r\n", "250 mx\r\n"};

}  // namespace

BOOST_AUTO_TEST_SUITE(client)

BOOST_AUTO_TEST_CASE(recipients_are_told_apart_and_the_first_line_stays_here) {
  const Run run = run_script({greeting,
                              hello,
                              {"RCPT TO:<c@x>\r\n", "250 ok\r\n250 ok\r\n550 5.1.1 no\r\n451 later\r\n"},
                              {"DATA\r\n", "354 go\r\n"},
                              {"\r\n.\r\n", "250 2.0.0 done\r\n"},
                              {"QUIT\r\n", "221 bye\r\n"}},
                             "Subject: x\r\n\r\n.dot\r\n", {"a@x", "b@x", "c@x"});
  BOOST_TEST((run.report.recipients.at(0).kind == What::delivered));
  BOOST_TEST((run.report.recipients.at(1).kind == What::permanent));
  BOOST_TEST(run.report.recipients.at(1).reply.status == "5.1.1");
  BOOST_TEST((run.report.recipients.at(2).kind == What::temporary));
  BOOST_TEST(
      run.heard ==
      "EHLO mx.here.test\r\nMAIL FROM:<ann@here.test> SIZE=20\r\nRCPT TO:<a@x>\r\nRCPT TO:<b@x>\r\nRCPT TO:<c@x>\r\n"
      "DATA\r\nSubject: x\r\n\r\n..dot\r\n.\r\nQUIT\r\n");
}

BOOST_AUTO_TEST_CASE(without_pipelining_each_command_waits_for_its_reply) {
  const Run run = run_script({greeting,
                              plain_hello,
                              {"MAIL FROM:<ann@here.test>\r\n", "250 ok\r\n"},
                              {"<a@x>\r\n", "250 ok\r\n"},
                              {"DATA\r\n", "354 go\r\n"},
                              {".\r\n", "250 done\r\n"}},
                             "", {"a@x"});
  BOOST_TEST((run.report.recipients.at(0).kind == What::delivered));
}

BOOST_AUTO_TEST_CASE(a_refused_sender_refuses_everybody) {
  const Run run = run_script(
      {greeting, plain_hello, {"MAIL FROM:<ann@here.test>\r\n", "550 5.7.1 go away\r\n"}, {"RSET\r\n", "250 ok\r\n"}},
      "x\r\n", {"a@x", "b@x"});
  BOOST_TEST((run.report.recipients.at(0).kind == What::permanent));
  BOOST_TEST((run.report.recipients.at(1).kind == What::permanent));
  BOOST_TEST(run.usable);
}

BOOST_AUTO_TEST_CASE(a_connection_lost_after_the_data_leaves_the_outcome_temporary) {
  const Run run = run_script({greeting,
                              hello,
                              {"RCPT TO:<b@x>\r\n", "250 ok\r\n250 ok\r\n550 no\r\n"},
                              {"DATA\r\n", "354 go\r\n"},
                              {"\r\n.\r\n", ""}},
                             "x\r\n", {"a@x", "b@x"});
  BOOST_TEST((run.report.recipients.at(0).kind == What::temporary));
  BOOST_TEST((run.report.recipients.at(1).kind == What::permanent));
  BOOST_TEST(run.report.connection_lost);
}

BOOST_AUTO_TEST_CASE(s02_bare_line_ends_leave_as_crlf) {
  const Run run = run_script({greeting,
                              plain_hello,
                              {"MAIL FROM:<ann@here.test>\r\n", "250 ok\r\n"},
                              {"<a@x>\r\n", "250 ok\r\n"},
                              {"DATA\r\n", "354 go\r\n"},
                              {"\r\n.\r\n", "250 done\r\n"}},
                             "a\n.\nb\r.\r\n", {"a@x"});
  BOOST_TEST(run.heard.find("DATA\r\na\r\n..\r\nb\r\n..\r\n.\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_binary_message_goes_in_chunks_where_they_are_offered) {
  const Line binary_hello{"EHLO mx.here.test\r\n", "250-mx\r\n250-CHUNKING\r\n250 BINARYMIME\r\n"};
  const Run run = run_script({greeting,
                              binary_hello,
                              {"MAIL FROM:<ann@here.test> BODY=BINARYMIME\r\n", "250 ok\r\n"},
                              {"<a@x>\r\n", "250 ok\r\n"},
                              {"BDAT 3 LAST\r\na\nb", "250 done\r\n"}},
                             "a\nb", {"a@x"});
  BOOST_TEST((run.report.recipients.at(0).kind == What::delivered));
}

BOOST_AUTO_TEST_CASE(lmtp_gives_each_recipient_its_own_reply) {
  const Line lhlo{"LHLO mx.here.test\r\n", "250-mx\r\n250 PIPELINING\r\n"};
  const Run run = run_script({greeting,
                              lhlo,
                              {"RCPT TO:<c@x>\r\n", "250 ok\r\n250 ok\r\n550 no\r\n250 ok\r\n"},
                              {"DATA\r\n", "354 go\r\n"},
                              {"\r\n.\r\n", "250 a has it\r\n452 4.2.2 c is full\r\n"}},
                             "x\r\n", {"a@x", "b@x", "c@x"}, true);
  BOOST_TEST((run.report.recipients.at(0).kind == What::delivered));
  BOOST_TEST((run.report.recipients.at(1).kind == What::permanent));
  BOOST_TEST((run.report.recipients.at(2).kind == What::temporary));
  BOOST_TEST(run.report.recipients.at(2).reply.status == "4.2.2");
}

BOOST_AUTO_TEST_CASE(s17_hostile_servers_only_ever_defer) {
  std::string endless;
  for (int i = 0; i < 1000; ++i) endless += "250-x\r\n";
  BOOST_TEST(!run_script({{"", endless}}, "x\r\n", {"a@x"}).failure.empty());
  BOOST_TEST(!run_script({{"", "no digits\r\n"}}, "x\r\n", {"a@x"}).failure.empty());
  BOOST_TEST(!run_script({{"", std::string(1 << 20, '2') + "\r\n"}}, "x\r\n", {"a@x"}).failure.empty());
  BOOST_TEST(!run_script({{"", "220 mx\r\n250 early\r\n"}}, "x\r\n", {"a@x"}).failure.empty());
  BOOST_TEST(!run_script({{"", "554 5.7.1 no\r\n"}, {"QUIT\r\n", "221 bye\r\n"}}, "x\r\n", {"a@x"}).failure.empty());
  const Run early = run_script({greeting,
                                plain_hello,
                                {"MAIL FROM:<ann@here.test>\r\n", "250 ok\r\n"},
                                {"<a@x>\r\n", "250 ok\r\n"},
                                {"DATA\r\n", "354 go\r\n250 done already\r\n"}},
                               "x\r\n", {"a@x"});
  BOOST_TEST((early.report.recipients.at(0).kind == What::temporary));
  const Run odd = run_script({greeting,
                              plain_hello,
                              {"MAIL FROM:<ann@here.test>\r\n", "250 ok\r\n"},
                              {"<a@x>\r\n", "250 ok\r\n"},
                              {"DATA\r\n", "250 done\r\n"}},
                             "x\r\n", {"a@x"});
  BOOST_TEST((odd.report.recipients.at(0).kind == What::temporary));
}

BOOST_AUTO_TEST_CASE(a_message_over_the_announced_size_is_not_sent) {
  const Run run = run_script({greeting, hello, {"QUIT\r\n", "221 bye\r\n"}}, std::string(1001, 'x'), {"a@x"});
  BOOST_TEST((run.report.recipients.at(0).kind == What::permanent));
  BOOST_TEST(run.report.recipients.at(0).reply.status == "5.3.4");
}

BOOST_AUTO_TEST_CASE(no_address_can_carry_a_second_command) {
  const Run run = run_script({greeting, hello}, "x\r\n", {"a@x>\r\nRCPT TO:<evil@y"});
  BOOST_TEST((run.report.recipients.at(0).kind == What::permanent));
  BOOST_TEST(run.heard.find("evil") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
