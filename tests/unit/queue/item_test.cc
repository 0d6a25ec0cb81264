// SPDX-License-Identifier: Apache-2.0
#include "queue/item.h"

#include <boost/test/unit_test.hpp>

#include "queue/words.h"
#include "samples.h"

namespace mailtree::queue {
namespace {

// A journal with one record of each kind, on the message with two recipients.
std::vector<Record> history() {
  const Variant variant{"owner@lists.test", {"List-Id: <team.lists.test>"}, {"Reply-To", "X-Trace"}};
  const Child mailbox{0, Part::mailbox, notify::failure, 0, "bob@alpha.test", "rfc822;bob", "bob@alpha.test"};
  const Child member{0, Part::whole, 0, 1, "dora@beta.test", "", ""};
  return {Tried{10, 0, {0, 1}},
          variant,
          mailbox,
          member,
          Expanded{0, 11, expansion::list, {1}},
          Deferred{1, 1, 12, 999, false, "mx.alpha.test [192.0.2.7]", "4.2.2", "452 4.2.2 Full"},
          Tried{20, 300, {1, 3}},
          Delivered{2, 21, false, "", "2.1.5", "Delivered"},
          Failed{3, 22, "mx.beta.test", "5.1.1", "550 5.1.1 Gone"},
          Notice{1, 23, NoticeKind::failed, {3}},
          Noticed{1},
          Held{true, "by the operator"},
          Held{false, ""}};
}

void check_equal(const Item& a, const Item& b) {
  BOOST_TEST_REQUIRE(a.deliveries().size() == b.deliveries().size());
  for (Index i = 0; i < a.deliveries().size(); ++i) {
    const Delivery &x = a.delivery(i), &y = b.delivery(i);
    BOOST_TEST((x.state == y.state && x.part == y.part && x.how == y.how));
    BOOST_TEST(x.to.address == y.to.address);
    BOOST_TEST(x.reported == y.reported);
    BOOST_TEST(x.parent == y.parent);
    BOOST_TEST(x.depth == y.depth);
    BOOST_TEST(x.noticed == y.noticed);
    BOOST_TEST(a.sender_of(i) == b.sender_of(i));
    BOOST_TEST(x.reply == y.reply);
    if (x.state == State::open) BOOST_TEST((x.attempts == y.attempts && x.next_us == y.next_us));
  }
  BOOST_TEST(a.next_notice() == b.next_notice());
  BOOST_TEST(a.open_notices().size() == b.open_notices().size());
  BOOST_TEST(a.held() == b.held());
  BOOST_TEST(a.finished() == b.finished());
  BOOST_TEST(a.broken_tries() == b.broken_tries());
  BOOST_TEST(a.age_seconds() == b.age_seconds());
}

Item folded(const std::vector<Record>& records) {
  Item item(samples::small());
  for (const Record& record : records) BOOST_TEST(item.apply(record));
  return item;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(item)

BOOST_AUTO_TEST_CASE(records_survive_their_lines) {
  const std::string id = samples::id(1);
  std::string text;
  for (const Record& record : history()) text += encode_record(record, id, 500 + text.size());
  JournalReader reader(text, id, 500);
  Item item(samples::small());
  for (const Record& expected : history()) {
    Record record;
    const bool whole = reader.next(record) == JournalReader::Step::record;
    BOOST_TEST_REQUIRE(whole);
    BOOST_TEST(record.index() == expected.index());
    BOOST_TEST(item.apply(record));
  }
  Record none;
  BOOST_TEST((reader.next(none) == JournalReader::Step::end));
  check_equal(item, folded(history()));
}

// R08
BOOST_AUTO_TEST_CASE(every_flipped_bit_of_a_journal_line_is_found) {
  const std::string id = samples::id(1);
  for (const Record& record : history()) {
    const std::string line = encode_record(record, id, 77);
    for (std::size_t bit = 0; bit < line.size() * 8; ++bit) {
      std::string broken = line;
      broken[bit / 8] = static_cast<char>(broken[bit / 8] ^ (1 << (bit % 8)));
      JournalReader reader(broken, id, 77);
      Record read;
      const bool accepted = reader.next(read) == JournalReader::Step::record;
      BOOST_TEST_REQUIRE(!accepted, line << " bit " << bit);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_line_counts_only_at_its_place_in_its_own_file) {
  const std::string line = encode_record(Finished{5}, samples::id(1), 100);
  Record record;
  BOOST_TEST((JournalReader(line, samples::id(1), 100).next(record) == JournalReader::Step::record));
  BOOST_TEST((JournalReader(line, samples::id(1), 101).next(record) == JournalReader::Step::damaged));
  BOOST_TEST((JournalReader(line, samples::id(2), 100).next(record) == JournalReader::Step::damaged));
}

BOOST_AUTO_TEST_CASE(the_shortest_journal_gives_the_same_state) {
  std::vector<Record> records = history();
  for (std::size_t length = 0; length <= records.size(); ++length) {
    Item before(samples::small());
    for (std::size_t i = 0; i < length; ++i) before.apply(records[i]);
    if (before.torn_expansion()) continue;
    Item after(samples::small());
    for (const Record& record : before.snapshot()) BOOST_TEST(after.apply(record), record.index());
    check_equal(before, after);
  }
}

BOOST_AUTO_TEST_CASE(children_without_their_commit_never_were) {
  Item item(samples::small());
  const Child child{0, Part::whole, 0, 0, "dora@beta.test", "", ""};
  BOOST_TEST(item.apply(child));
  BOOST_TEST(item.torn_expansion());
  BOOST_TEST(item.apply(Deferred{0, 1, 12, 999, false, "", "4.0.0", "later"}));
  BOOST_TEST(item.deliveries().size() == 2U);
  BOOST_TEST(item.apply(Expanded{0, 13, expansion::group, {}}));
  BOOST_TEST(item.deliveries().size() == 2U);
}

BOOST_AUTO_TEST_CASE(impossible_records_change_nothing) {
  Item item = folded(history());
  BOOST_TEST(!item.apply(Delivered{99, 1, false, "", "", ""}));
  BOOST_TEST(!item.apply(Delivered{3, 1, false, "", "", ""}));  // failed before
  BOOST_TEST(!item.apply(Notice{1, 1, NoticeKind::failed, {0}}));
  BOOST_TEST(!item.apply(Noticed{7}));
  BOOST_TEST(!item.apply(Expanded{0, 1, 0, {}}));
  check_equal(item, folded(history()));
}

BOOST_AUTO_TEST_CASE(a_message_is_done_when_no_recipient_is_open) {
  Item item(samples::small());
  BOOST_TEST(!item.all_done());
  item.apply(Delivered{0, 1, false, "", "2.0.0", ""});
  BOOST_TEST(!item.all_done());
  BOOST_TEST(item.open().size() == 1U);
  item.apply(Failed{1, 1, "", "5.0.0", ""});
  BOOST_TEST(item.all_done());
}

// R07
BOOST_AUTO_TEST_CASE(attempts_without_an_end_are_counted_in_a_row) {
  Item item(samples::small());
  item.apply(Tried{1, 0, {0}});
  item.apply(Tried{2, 0, {0}});
  BOOST_TEST(item.broken_tries() == 2U);
  item.apply(Deferred{0, 1, 3, 4, false, "", "", ""});
  BOOST_TEST(item.broken_tries() == 0U);
}

BOOST_AUTO_TEST_CASE(addresses_are_found_with_their_domain_in_any_case) {
  const Item item(samples::small());
  BOOST_TEST(item.find("bob@ALPHA.test", Part::whole) == 0U);
  BOOST_TEST(item.find("Bob@alpha.test", Part::whole) == no_index);
  BOOST_TEST(item.find("bob@alpha.test", Part::mailbox) == no_index);
}

BOOST_AUTO_TEST_CASE(list_members_have_the_errors_address_as_sender) {
  const Item item = folded(history());
  BOOST_TEST(item.sender_of(0) == "ann@land.test");
  BOOST_TEST(item.sender_of(2) == "ann@land.test");
  BOOST_TEST(item.sender_of(3) == "owner@lists.test");
  BOOST_TEST(item.delivery(3).reported == "dora@beta.test");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mailtree::queue
