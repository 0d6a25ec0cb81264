// SPDX-License-Identifier: Apache-2.0
// Sequence numbers and what is told when (RFC 3501 section 7.4.1).
#include "imap/mailbox_view.h"

#include <boost/test/unit_test.hpp>

using namespace mailtree;
using namespace mailtree::imap;

namespace {

store::UidRange range(store::Uid first, store::Uid last) {
  store::UidRange out;
  out.first = first;
  out.last = last;
  return out;
}

MailboxView make_view(std::initializer_list<store::Uid> uids, store::Uid first_recent = 1000) {
  store::FolderRow row;
  row.id = 1;
  row.uidvalidity = 7;
  MailboxView view(row, false, first_recent);
  for (const store::Uid uid : uids) view.add(uid);
  view.set_told();
  return view;
}

Result<std::vector<Run>> find(const MailboxView& view, const char* text, bool by_uid) {
  Decoder in(text);
  SequenceSet set;
  BOOST_REQUIRE(read_sequence_set(in, set));
  return view.find(set, by_uid);
}

std::string tell(MailboxView& view, Tell what) {
  std::string out;
  view.tell(what, out);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(mailbox_view)

BOOST_AUTO_TEST_CASE(an_expunge_is_told_only_when_allowed_and_numbers_stay_until_then) {
  MailboxView view = make_view({10, 20, 30, 40});
  view.note_expunged({range(20, 30)});
  BOOST_TEST(tell(view, Tell::no_expunge) == "");
  BOOST_TEST(view.size() == 4u);
  BOOST_TEST(view.uid_at(3) == 40u);
  BOOST_TEST(tell(view, Tell::everything) == "* 3 EXPUNGE\r\n* 2 EXPUNGE\r\n");
  BOOST_TEST((view.uids() == std::vector<store::Uid>{10, 40}));
  BOOST_TEST(tell(view, Tell::everything) == "");
}

BOOST_AUTO_TEST_CASE(arrivals_are_told_with_the_count_that_includes_untold_expunges) {
  MailboxView view = make_view({10, 20}, 25);
  view.note_expunged({range(10, 10)});
  view.note_arrived(30);
  BOOST_TEST(tell(view, Tell::no_expunge) == "* 3 EXISTS\r\n* 1 RECENT\r\n");
  BOOST_TEST(tell(view, Tell::everything) == "* 1 EXPUNGE\r\n");
  BOOST_TEST(view.has_arrivals());
}

BOOST_AUTO_TEST_CASE(an_arrival_that_is_gone_before_it_was_told_is_never_mentioned) {
  MailboxView view = make_view({10});
  view.note_arrived(20);
  view.note_expunged({range(20, 20)});
  BOOST_TEST(tell(view, Tell::everything) == "");
  BOOST_TEST(view.size() == 1u);
}

BOOST_AUTO_TEST_CASE(an_expunge_is_told_once_however_often_it_is_heard) {
  MailboxView view = make_view({10, 20});
  view.note_expunged({range(1, 15)});
  view.note_expunged({range(1, 15)});
  BOOST_TEST(tell(view, Tell::everything) == "* 1 EXPUNGE\r\n");
  view.note_expunged({range(1, 15)});
  BOOST_TEST(tell(view, Tell::everything) == "");
}

BOOST_AUTO_TEST_CASE(numbers_beyond_the_last_message_are_refused_but_uids_are_passed_over) {
  const MailboxView view = make_view({10, 20, 30});
  BOOST_TEST(!find(view, "4", false));
  BOOST_TEST(!find(view, "1:4", false));
  BOOST_TEST(find(view, "1:*", false)->size() == 1u);
  BOOST_TEST(find(view, "11:19,31:40", true)->empty());
  const auto star = find(view, "31:*", true);
  BOOST_REQUIRE(star->size() == 1u);
  BOOST_TEST(star->front().first == 2u);
  const MailboxView empty = make_view({});
  BOOST_TEST(!find(empty, "1:*", false));
  BOOST_TEST(find(empty, "1:*", true)->empty());
}

BOOST_AUTO_TEST_CASE(uid_ranges_of_runs_hold_nothing_but_messages_of_the_view) {
  const MailboxView view = make_view({10, 20, 30, 40});
  const auto runs = find(view, "1:2,4", false);
  BOOST_TEST((view.uids_of(*runs) == store::UidSet{range(10, 20), range(40, 40)}));
}

BOOST_AUTO_TEST_SUITE_END()
