// SPDX-License-Identifier: Apache-2.0
#include "queue/spool.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "failing_disk.h"
#include "net/digest.h"
#include "samples.h"
#include "watching_disk.h"

namespace mailtree::queue {
namespace {

namespace fs = std::filesystem;

class Fixture {
 public:
  Fixture() {
    char name[] = "/tmp/mailtree-queue-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~Fixture() { fs::remove_all(path); }

  std::unique_ptr<Spool> open(loop::Disk& with) {
    auto spool = Spool::open(with, path);
    BOOST_REQUIRE(spool.has_value());
    return std::move(*spool);
  }
  // A message as smtpd hands it over.
  UniqueFd message(Spool& spool, const std::string& text) {
    auto file = spool.new_message_file();
    BOOST_REQUIRE(file.has_value());
    BOOST_REQUIRE(disk.write_at(file->get(), text, 0).has_value());
    return std::move(*file);
  }
  Envelope envelope(unsigned char fill = 1, const std::string& text = "hello") {
    Envelope e = samples::small(fill);
    e.message_bytes = text.size();
    e.message_sha256.clear();
    return e;
  }
  fs::path file(const std::string& id, const std::string& suffix) {
    return fs::path(path) / "messages" / id.substr(0, 2) / (id + suffix);
  }
  std::string read(const fs::path& name) {
    std::ifstream in(name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void write(const fs::path& name, const std::string& content) {
    std::ofstream(name, std::ios::binary | std::ios::trunc) << content;
  }
  std::size_t aside_count() {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(fs::path(path) / "aside"), {}));
  }

  std::string path;
  loop::RealDisk disk;
};

BucketReport load(Spool& spool, unsigned char fill = 1) { return spool.load(Spool::bucket_of(samples::id(fill))); }

}  // namespace

BOOST_FIXTURE_TEST_SUITE(spool, Fixture)

BOOST_AUTO_TEST_CASE(an_accepted_message_is_there_after_a_restart) {
  auto queue = open(disk);
  Envelope e = envelope();
  const UniqueFd octets = message(*queue, "hello");
  const auto accepted = queue->accept(e, octets.get());
  BOOST_REQUIRE(accepted.has_value());
  BOOST_TEST((e.message_sha256 == net::sha256("hello")));
  BOOST_TEST(read(file(e.queue_id, ".message")) == "hello");

  auto again = open(disk);
  const BucketReport report = load(*again);
  BOOST_REQUIRE(report.items.size() == 1U);
  BOOST_TEST(report.items[0].item.envelope().sender == e.sender);
  BOOST_TEST(report.items[0].file_bytes == *accepted);
  BOOST_TEST(again->open_message(report.items[0].item.envelope(), true).has_value());
}

BOOST_AUTO_TEST_CASE(an_unnamed_file_is_linked_and_not_copied) {
  auto queue = open(disk);
  Envelope e = envelope();
  const UniqueFd octets = message(*queue, "hello");
  BOOST_REQUIRE(queue->accept(e, octets.get()).has_value());
  struct stat given {}, kept {};
  BOOST_REQUIRE(::fstat(octets.get(), &given) == 0);
  BOOST_REQUIRE(::stat(file(e.queue_id, ".message").c_str(), &kept) == 0);
  BOOST_TEST(given.st_ino == kept.st_ino);
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_linked_is_copied) {
  auto queue = open(disk);
  Envelope e = envelope();
  const fs::path elsewhere = fs::path(path) / "aside" / "elsewhere";
  write(elsewhere, "hello");
  const UniqueFd octets(::open(elsewhere.c_str(), O_RDONLY | O_CLOEXEC));
  fs::remove(elsewhere);  // no name, and not made with O_TMPFILE: the kernel refuses to link it
  BOOST_REQUIRE(queue->accept(e, octets.get()).has_value());
  BOOST_TEST(read(file(e.queue_id, ".message")) == "hello");
}

BOOST_AUTO_TEST_CASE(a_message_of_another_length_or_hash_is_refused) {
  auto queue = open(disk);
  Envelope e = envelope();
  const UniqueFd octets = message(*queue, "hello!");
  BOOST_TEST(!queue->accept(e, octets.get()).has_value());
  e.message_bytes = 6;
  e.message_sha256 = std::string(32, 'x');
  const auto refused = queue->accept(e, octets.get());
  BOOST_REQUIRE(!refused.has_value());
  BOOST_TEST((refused.error().kind == Kind::temporary));
  BOOST_TEST(load(*queue).items.empty());
}

BOOST_AUTO_TEST_CASE(the_same_id_is_not_taken_twice) {
  auto queue = open(disk);
  Envelope e = envelope();
  const UniqueFd octets = message(*queue, "hello");
  BOOST_REQUIRE(queue->accept(e, octets.get()).has_value());
  const UniqueFd second = message(*queue, "hello");
  const auto repeated = queue->accept(e, second.get());
  BOOST_REQUIRE(!repeated.has_value());
  BOOST_TEST((repeated.error().condition == Condition::exists));
  BOOST_TEST(load(*queue).items.size() == 1U);
}

// F01, F02: every call in turn fails once.
BOOST_AUTO_TEST_CASE(a_failing_disk_means_a_refusal_and_the_next_try_succeeds) {
  bool failed_somewhere = true;
  for (std::uint64_t call = 1; failed_somewhere; ++call) {
    fs::remove_all(path);
    fs::create_directory(path);
    FailingDisk failing;
    auto queue = open(failing);
    Envelope e = envelope();
    const UniqueFd octets = message(*queue, "hello");
    failing.calls = 0;
    failing.fail_at = call;
    const auto first = queue->accept(e, octets.get());
    failed_somewhere = !first.has_value();
    failing.fail_at = ~0ULL;
    if (failed_somewhere) {
      BOOST_TEST((first.error().kind == Kind::temporary));
      BOOST_TEST_REQUIRE(load(*queue).items.empty(), "accepted in spite of failing call " << call);
      const UniqueFd fresh = message(*queue, "hello");
      BOOST_TEST_REQUIRE(queue->accept(e, fresh.get()).has_value(), "call " << call);
    }
    BOOST_TEST_REQUIRE(load(*queue).items.size() == 1U);
  }
}

// F04 for this class: the process dies at every call in turn.
BOOST_AUTO_TEST_CASE(a_process_that_dies_anywhere_leaves_the_message_whole_or_not_at_all) {
  bool died = true;
  for (std::uint64_t call = 1; died; ++call) {
    fs::remove_all(path);
    fs::create_directory(path);
    FailingDisk failing;
    auto queue = open(failing);
    Envelope e = envelope();
    const UniqueFd octets = message(*queue, "hello");
    failing.calls = 0;
    failing.fail_at = call;
    failing.stay_down = true;
    died = !queue->accept(e, octets.get()).has_value();
    auto after = open(disk);
    const BucketReport report = load(*after);
    BOOST_TEST(report.aside.empty());
    BOOST_TEST(report.errors.empty());
    for (const Loaded& loaded : report.items) {
      BOOST_TEST(after->open_message(loaded.item.envelope(), true).has_value());
    }
    if (!died) BOOST_TEST(report.items.size() == 1U);
  }
}

BOOST_AUTO_TEST_CASE(progress_is_there_after_a_restart) {
  auto queue = open(disk);
  Envelope e = envelope();
  const UniqueFd octets = message(*queue, "hello");
  const auto size = queue->accept(e, octets.get());
  const auto one = queue->append(e.queue_id, *size, {Tried{1, 0, {0, 1}}}, false);
  BOOST_REQUIRE(one.has_value());
  const auto two = queue->append(e.queue_id, *one, {Delivered{0, 2, false, "", "2.0.0", "ok"}}, true);
  BOOST_REQUIRE(two.has_value());
  const BucketReport report = load(*queue);
  BOOST_REQUIRE(report.items.size() == 1U);
  BOOST_TEST((report.items[0].item.delivery(0).state == State::delivered));
  BOOST_TEST((report.items[0].item.delivery(1).state == State::open));
  BOOST_TEST(report.items[0].file_bytes == *two);
}

// F07
BOOST_AUTO_TEST_CASE(a_torn_journal_keeps_what_was_whole) {
  auto queue = open(disk);
  Envelope e = envelope();
  const UniqueFd octets = message(*queue, "hello");
  const auto size = queue->accept(e, octets.get());
  const auto one = queue->append(e.queue_id, *size, {Delivered{0, 2, false, "", "2.0.0", "ok"}}, true);
  const auto two = queue->append(e.queue_id, *one, {Delivered{1, 2, false, "", "2.0.0", "ok"}}, true);
  const std::string whole = read(file(e.queue_id, ".envelope"));
  BOOST_REQUIRE(whole.size() == *two);
  for (std::uint64_t length = *size; length < *two; ++length) {
    write(file(e.queue_id, ".envelope"), whole.substr(0, length));
    const BucketReport report = load(*queue);
    BOOST_REQUIRE(report.items.size() == 1U);
    BOOST_TEST(!report.items[0].damaged);
    const bool first_whole = length >= *one;
    BOOST_TEST((report.items[0].item.delivery(0).state == State::delivered) == first_whole);
    BOOST_TEST(report.items[0].file_bytes == (first_whole ? *one : *size));
    BOOST_TEST(fs::file_size(file(e.queue_id, ".envelope")) == report.items[0].file_bytes);
  }
}

// R08
BOOST_AUTO_TEST_CASE(damage_in_a_journal_is_reported_kept_and_written_anew) {
  auto queue = open(disk);
  Envelope e = envelope();
  const UniqueFd octets = message(*queue, "hello");
  const auto size = queue->accept(e, octets.get());
  const auto one = queue->append(e.queue_id, *size, {Deferred{0, 1, 2, 3, false, "", "4.0.0", "later"}}, true);
  BOOST_REQUIRE(queue->append(e.queue_id, *one, {Delivered{1, 2, false, "", "2.0.0", "ok"}}, true).has_value());
  std::string broken = read(file(e.queue_id, ".envelope"));
  broken[*size + 12] = '?';
  write(file(e.queue_id, ".envelope"), broken);
  BucketReport report = load(*queue);
  BOOST_REQUIRE(report.items.size() == 1U);
  BOOST_TEST(report.items[0].damaged);
  BOOST_TEST(report.aside.size() == 1U);
  BOOST_TEST((report.items[0].item.delivery(1).state == State::delivered));
  BOOST_REQUIRE(queue->rewrite(report.items[0].item).has_value());
  report = load(*queue);
  BOOST_REQUIRE(report.items.size() == 1U);
  BOOST_TEST(!report.items[0].damaged);
  BOOST_TEST((report.items[0].item.delivery(1).state == State::delivered));
}

// R08: Haraka #3175, one bad file stopped the whole server.
BOOST_AUTO_TEST_CASE(bad_files_go_aside_and_the_rest_is_delivered) {
  auto queue = open(disk);
  Envelope e = envelope();
  const UniqueFd octets = message(*queue, "hello");
  BOOST_REQUIRE(queue->accept(e, octets.get()).has_value());
  const fs::path bucket = file(e.queue_id, "").parent_path();
  const std::string other = "01" + std::string(30, '2');
  write(bucket / (other + ".envelope"), "");
  write(bucket / (other + ".message"), "body");
  write(bucket / "README", "what is this");
  fs::create_directory(bucket / ("01" + std::string(30, '3') + ".envelope"));
  fs::create_directory(bucket / "folder");
  write(bucket / ("ff" + std::string(30, '4') + ".envelope"), read(file(e.queue_id, ".envelope")));
  write(bucket / ("01" + std::string(30, '5') + ".envelope"), read(file(e.queue_id, ".envelope")));
  fs::create_symlink("/etc/passwd", bucket / ("01" + std::string(30, '6') + ".envelope"));
  const BucketReport report = load(*queue);
  BOOST_TEST(report.items.size() == 1U);
  BOOST_TEST(report.errors.empty());
  BOOST_TEST(report.aside.size() == 8U);
  BOOST_TEST(aside_count() == 8U);
  BOOST_TEST(load(*queue).aside.empty());
}

BOOST_AUTO_TEST_CASE(a_message_without_envelope_was_never_acknowledged_and_goes_aside) {
  auto queue = open(disk);
  write(file(samples::id(1), ".message"), "half");
  const BucketReport report = load(*queue);
  BOOST_TEST(report.unacknowledged == 1U);
  BOOST_TEST(report.aside.empty());
  BOOST_TEST(aside_count() == 1U);
}

BOOST_AUTO_TEST_CASE(a_changed_message_is_found_before_its_first_attempt) {
  auto queue = open(disk);
  Envelope e = envelope();
  const UniqueFd octets = message(*queue, "hello");
  BOOST_REQUIRE(queue->accept(e, octets.get()).has_value());
  write(file(e.queue_id, ".message"), "jello");
  const auto changed = queue->open_message(e, true);
  BOOST_REQUIRE(!changed.has_value());
  BOOST_TEST((changed.error().condition == Condition::damaged));
  write(file(e.queue_id, ".message"), "hell");
  BOOST_TEST(!queue->open_message(e, false).has_value());
  BOOST_REQUIRE(queue->move_aside(e.queue_id).has_value());
  BOOST_TEST(aside_count() == 2U);
}

// F13
BOOST_AUTO_TEST_CASE(a_directory_with_foreign_content_is_no_queue) {
  write(fs::path(path) / "somebody", "else");
  BOOST_TEST(!Spool::open(disk, path).has_value());
  BOOST_TEST(!Spool::open(disk, path + "/absent").has_value());
}

BOOST_AUTO_TEST_CASE(a_finished_message_leaves_its_envelope_for_a_while) {
  auto queue = open(disk);
  Envelope e = envelope();
  const UniqueFd octets = message(*queue, "hello");
  const auto size = queue->accept(e, octets.get());
  BOOST_REQUIRE(queue->append(e.queue_id, *size, {Finished{77}}, true).has_value());
  BOOST_REQUIRE(queue->remove_message(e.queue_id).has_value());
  const BucketReport report = load(*queue);
  BOOST_REQUIRE(report.items.size() == 1U);
  BOOST_TEST(report.items[0].item.finished());
  BOOST_REQUIRE(queue->remove_envelope(e.queue_id).has_value());
  BOOST_REQUIRE(queue->remove_envelope(e.queue_id).has_value());
  BOOST_TEST(load(*queue).items.empty());
}

// F05, F06: of this class; take out any sync of accept(), append() or rewrite() and it fails.
BOOST_AUTO_TEST_CASE(nothing_is_named_before_it_is_synced_nor_answered_before_its_name_is) {
  WatchingDisk watching;
  auto queue = open(watching);
  for (const bool linked : {true, false}) {
    Envelope e = envelope(linked ? 1 : 2);
    UniqueFd octets;
    if (linked) {
      auto file = queue->new_message_file();
      BOOST_REQUIRE((file && watching.write_at(file->get(), "hello", 0)));
      octets = std::move(*file);
    } else {
      write(fs::path(path) / "other", "hello");
      octets = UniqueFd(::open((path + "/other").c_str(), O_RDONLY | O_CLOEXEC));
      fs::remove(fs::path(path) / "other");
    }
    const auto size = queue->accept(e, octets.get());
    BOOST_REQUIRE(size.has_value());
    BOOST_TEST(watching.everything_is_durable());
    const auto end = queue->append(e.queue_id, *size, {Delivered{0, 2, false, "", "2.0.0", "ok"}}, true);
    BOOST_REQUIRE(end.has_value());
    BOOST_TEST(watching.everything_is_durable());
    BOOST_REQUIRE(queue->rewrite(Item(e)).has_value());
    BOOST_TEST(watching.everything_is_durable());
    BOOST_REQUIRE(queue->move_aside(e.queue_id).has_value());
    BOOST_TEST(watching.everything_is_durable());
  }
  BOOST_TEST(watching.names_before_data == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mailtree::queue
