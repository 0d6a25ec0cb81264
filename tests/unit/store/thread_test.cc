// SPDX-License-Identifier: Apache-2.0
// Threads (RFC 8474 section 5.2): which messages share one, and that no message ever gets another.
#include "store/daemon/thread.h"

#include <fcntl.h>

#include "store/daemon/log_file.h"
#include "store/object_id.h"
#include "unit/store/shown_bench.h"

namespace mailtree::store {
namespace {

// The three of RFC 8474 section 5.3: the second answers the first.
const std::string message_a = "Subject: Message A\r\nMessage-ID: <fake.1521475657.54797@example.com>\r\n\r\ntext\r\n";
const std::string message_b =
    "Subject: Re: Message A\r\nMessage-ID: <fake.1521475657.21213@example.org>\r\n"
    "References: <fake.1521475657.54797@example.com>\r\n\r\ntext\r\n";
const std::string message_c = "Subject: Message C\r\nMessage-ID: <fake.1521475657.60280@example.com>\r\n\r\ntext\r\n";

ThreadId named(const std::string& message) {
  return named_thread(message, true);
}

// As stored receives it, and delivers.
void receive(test::Bench& bench, const std::string& text, unsigned char transaction) {
  auto request = std::make_shared<Deliver>();
  request->transaction.fill(transaction);
  request->size = text.size();
  DeliverRecipient recipient;
  recipient.account = test::ann();
  request->recipients.push_back(recipient);
  const auto received = receive_files(bench.disk, {bench.file_with(text)}, {text.size()});
  BOOST_REQUIRE(received.has_value());
  const auto operation = std::make_shared<DeliverOperation>(request, 0, received->front());
  bench.run({operation});
  BOOST_REQUIRE(operation->outcome.has_value());
}

// EMAILID and THREADID of all messages of a folder, as the index shows them, in order of uid.
Texts object_ids(test::Bench& bench, FolderId folder = inbox_folder) {
  const auto opened = bench.open_account();
  BOOST_REQUIRE(opened->outcome.has_value());
  const auto rows = (*IndexReader::open(bench.index->path()))->messages(opened->reply.key, folder, 1, UINT32_MAX);
  BOOST_REQUIRE(rows.has_value());
  Texts ids;
  for (const MessageRow& row : *rows) ids.push_back(email_object_id(row.unique) + ' ' + thread_object_id(row.thread));
  return ids;
}

struct Conversation : test::Bench {
  Conversation() {
    receive(*this, message_a, 1);
    receive(*this, message_b, 2);
    receive(*this, message_c, 3);
    ids = object_ids(*this);
  }
  Texts ids;
};

std::string thread_in(const std::string& id) {
  return id.substr(id.find(' ') + 1);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(threads)

BOOST_AUTO_TEST_CASE(an_answer_is_in_the_thread_of_what_it_answers) {
  BOOST_TEST(named(message_a) == named(message_b));
  BOOST_TEST(named(message_a) != named(message_c));
  BOOST_TEST(named("In-reply-to: <fake.1521475657.54797@example.com>\n\n") == named(message_a));
}

BOOST_AUTO_TEST_CASE(the_first_id_of_references_decides_then_in_reply_to_then_its_own) {
  const ThreadId first = named("Message-ID: <first@x>\r\n\r\n");
  BOOST_TEST(named("Message-ID: <m@x>\r\nIn-Reply-To: <i@x>\r\nReferences: <first@x>\r\n\t<i@x>\r\n\r\n") == first);
  BOOST_TEST(named("Message-ID: <m@x>\r\nIn-Reply-To: <first@x> <i@x>\r\nReferences:\r\n\r\n") == first);
  BOOST_TEST(named("message-id:\r\n (folded) <first @x>\r\nReferences: none\r\n\r\n") == first);
  // First 64 bits of SHA-256("<first@x>").
  BOOST_TEST(thread_object_id(first) == "Tb372c27f8ea93283");
}

BOOST_AUTO_TEST_CASE(a_message_that_names_no_other_is_a_thread_of_its_own) {
  for (const char* const nameless :
       {"", "\r\n", "Subject: x\r\n\r\nMessage-ID: <in@the.text>\r\n", "Message-ID: none"}) {
    BOOST_TEST(named(nameless) == unknown_thread);
  }
  Unique one{};
  Unique other{};
  other.back() = 1;
  BOOST_TEST(thread_of(unknown_thread, one) != thread_of(unknown_thread, other));
  BOOST_TEST(thread_of(unknown_thread, one) != unknown_thread);
  BOOST_TEST(thread_of(7, one) == 7U);
}

BOOST_AUTO_TEST_CASE(of_a_header_that_never_ends_the_first_64_kib_are_read) {
  loop::RealDisk disk;
  test::TemporaryDirectory directory;
  const auto thread_in_file = [&](const std::string& text) {
    const UniqueFd root(::open(directory.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const auto file = disk.open_unnamed(root.get());
    BOOST_REQUIRE(file && disk.write_at(file->get(), text, 0));
    const auto thread = read_named_thread(disk, file->get());
    BOOST_REQUIRE(thread.has_value());
    return *thread;
  };
  const std::string id = "Message-ID: <late@x>\r\n";
  const std::string filler(max_thread_header - 5 - id.size(), 'x');
  BOOST_TEST(thread_in_file("X: " + filler + "\r\n" + id + "\r\ntext") == named(id));
  BOOST_TEST(thread_in_file("X: y" + filler + "\r\n" + id + "\r\ntext") == unknown_thread);
  BOOST_TEST(thread_in_file(message_b) == named(message_b));
  BOOST_TEST(thread_in_file("Message-ID: <late@x>") == named(id));
}

BOOST_AUTO_TEST_CASE(object_ids_are_of_the_form_of_the_rfc_and_differ_by_kind) {
  Conversation bench;
  BOOST_REQUIRE_EQUAL(bench.ids.size(), 3U);
  BOOST_TEST(thread_in(bench.ids[0]) == thread_in(bench.ids[1]));
  BOOST_TEST(thread_in(bench.ids[0]) != thread_in(bench.ids[2]));
  const std::string id = bench.ids[0];
  BOOST_TEST(id.find_first_not_of("MT abcdefghijklmnopqrstuvwxyz0123456789") == std::string::npos);
  BOOST_TEST((id.front() == 'M' && thread_in(id).front() == 'T'));
  BOOST_TEST(mailbox_object_id(0x1f) == "F000000000000001f");
  BOOST_TEST(thread_object_id(unknown_thread).empty());
}

BOOST_AUTO_TEST_CASE(a_thread_survives_a_restart_and_the_loss_of_the_index) {
  Conversation bench;
  bench.reopen();
  BOOST_TEST((object_ids(bench) == bench.ids));
  bench.reopen(true);
  BOOST_TEST((object_ids(bench) == bench.ids));
}

BOOST_AUTO_TEST_CASE(copies_and_moved_messages_keep_email_and_thread) {
  Conversation bench;
  constexpr FolderId sent = 2;
  Copy copy;
  copy.source = inbox_folder;
  copy.target = sent;
  copy.uids = {{1, 2}};
  BOOST_REQUIRE(bench.perform<CopyOperation>(copy)->outcome.has_value());
  Move move;
  move.source = inbox_folder;
  move.target = sent;
  move.uids = {{3, 3}};
  BOOST_REQUIRE(bench.perform<MoveOperation>(move)->outcome.has_value());
  BOOST_TEST((object_ids(bench, sent) == bench.ids));
  bench.reopen(true);
  BOOST_TEST((object_ids(bench, sent) == bench.ids));
}

BOOST_AUTO_TEST_CASE(a_log_that_is_lost_is_made_anew_with_the_threads_that_the_headers_name) {
  Conversation bench;
  bench.reopen();
  fs::remove(bench.account_path() + "/log");
  BOOST_TEST((object_ids(bench) == bench.ids));
}

BOOST_AUTO_TEST_CASE(a_message_that_cannot_be_read_when_the_log_is_made_anew_is_there_without_a_thread) {
  Conversation bench;
  bench.reopen();
  fs::remove(bench.account_path() + "/log");
  for (const auto& file : fs::directory_iterator(bench.account_path() + "/Maildir/cur")) {
    if (content_of(file.path()) != message_c) continue;
    const fs::path name = file.path();
    fs::remove(name);
    fs::create_symlink("elsewhere", name);
  }
  const Texts ids = object_ids(bench);
  BOOST_REQUIRE_GE(ids.size(), 2U);
  BOOST_TEST(ids[0] == bench.ids[0]);
  BOOST_TEST(ids[1] == bench.ids[1]);
}

BOOST_AUTO_TEST_CASE(a_file_of_another_program_is_in_the_thread_that_its_header_names) {
  Conversation bench;
  std::ofstream(bench.account_path() + "/Maildir/new/1790000000.M0.bench") << message_b;
  bench.open_mailbox();
  const Texts ids = object_ids(bench);
  BOOST_REQUIRE_EQUAL(ids.size(), 4U);
  BOOST_TEST(thread_in(ids[3]) == thread_in(bench.ids[0]));
  BOOST_TEST(ids[3] != bench.ids[1]);
  bench.reopen(true);
  BOOST_TEST((object_ids(bench) == ids));
}

// The text of RFC 8474 5.2: "MUST NOT change the THREADID of a message once reported", so none is guessed later.
BOOST_AUTO_TEST_CASE(an_arrival_that_an_older_program_recorded_has_no_thread_and_a_rewritten_log_says_so_too) {
  entry::Arrived arrived;
  arrived.folder = inbox_folder;
  arrived.message.uid = 1;
  arrived.message.thread = 0x0102030405060708;
  std::string with_thread;
  encode_entry(with_thread, arrived);
  std::string octets = with_thread;
  BOOST_REQUIRE(octets.ends_with("\x08\x07\x06\x05\x04\x03\x02\x01"));
  octets.resize(octets.size() - sizeof(ThreadId));  // as an older program wrote it
  octets[1] = static_cast<char>(octets[1] - static_cast<char>(sizeof(ThreadId)));
  Commit commit;
  std::string payload = encode(commit);
  const auto read = decode_commit(payload + octets);
  BOOST_REQUIRE(read.has_value());
  BOOST_REQUIRE_EQUAL(read->entries.size(), 1U);
  const Message& message = std::get<entry::Arrived>(read->entries[0]).message;
  BOOST_TEST(message.uid == 1U);
  BOOST_TEST(message.thread == unknown_thread);
  std::string again;
  encode_entry(again, read->entries[0]);
  BOOST_TEST(again == octets);
  const auto whole = decode_commit(payload + with_thread);
  BOOST_REQUIRE(whole.has_value());
  BOOST_TEST(std::get<entry::Arrived>(whole->entries[0]).message.thread == 0x0102030405060708U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mailtree::store
