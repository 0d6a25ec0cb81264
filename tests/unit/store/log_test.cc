// SPDX-License-Identifier: Apache-2.0
// The log as octets: what is read back after anything may have happened to it.
#include <boost/test/unit_test.hpp>

#include "store/daemon/entry.h"
#include "store/daemon/log_frame.h"

namespace mailtree::store {
namespace {

constexpr std::uint64_t log_id = 0x1122334455667788;

std::string three_frames(std::vector<std::size_t>& ends) {
  std::string octets = log_preamble(log_id);
  ends.push_back(octets.size());
  for (const std::uint64_t sequence : {1, 2, 3}) {
    put_frame(octets, log_id, octets.size(), 5, sequence, std::string(20 * sequence, 'x'));
    ends.push_back(octets.size());
  }
  return octets;
}

entry::Arrived arrival(FolderId folder, Uid uid) {
  entry::Arrived arrived;
  arrived.folder = folder;
  arrived.message.uid = uid;
  arrived.message.modseq = uid + 10;
  arrived.message.size = 100;
  arrived.message.crlf_size = 110;
  arrived.message.internal_date = 1'700'000'000;
  arrived.message.unique[0] = static_cast<unsigned char>(uid);
  return arrived;
}

AccountState sample_state() {
  AccountState state;
  entry::FolderSet inbox;
  inbox.id = inbox_folder;
  inbox.name = "INBOX";
  inbox.directory = "Maildir";
  inbox.uidvalidity = 77;
  const std::vector<Entry> entries = {
      entry::AccountNamed{{"alpha.test", "ann", "uuid"}, "host"},
      inbox,
      entry::KeywordAdded{inbox_folder, "$Forwarded"},
      arrival(inbox_folder, 1),
      arrival(inbox_folder, 2),
      arrival(inbox_folder, 9),
      entry::Expunged{inbox_folder, {{2, 2}}, 30},
      entry::FlagsChanged{inbox_folder, {{1, 1}, {9, 9}}, 31, 0, flag::seen, {}, KeywordSet{{1, 0, 0, 0}}},
      entry::Subscribed{"INBOX", true}};
  for (const Entry& one : entries) BOOST_REQUIRE(apply(state, one, 1'700'000'001).has_value());
  return state;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_log_cut_anywhere_keeps_its_whole_frames_and_knows_that_it_is_torn) {
  std::vector<std::size_t> ends;
  const std::string octets = three_frames(ends);
  for (std::size_t cut = log_preamble_octets; cut <= octets.size(); ++cut) {
    const LogScan scan = scan_log(std::string_view(octets).substr(0, cut));
    std::size_t whole = 0;
    while (whole + 1 < ends.size() && ends[whole + 1] <= cut) ++whole;
    BOOST_REQUIRE_EQUAL(scan.frames.size(), whole);
    BOOST_REQUIRE_EQUAL(scan.good_octets, ends[whole]);
    BOOST_REQUIRE(scan.end == (cut == ends[whole] ? LogEnd::clean : LogEnd::torn));
  }
}

BOOST_AUTO_TEST_CASE(one_changed_octet_is_damage_if_good_frames_follow_and_a_torn_tail_if_none_do) {
  std::vector<std::size_t> ends;
  const std::string octets = three_frames(ends);
  for (std::size_t place = log_preamble_octets; place < octets.size(); ++place) {
    std::string changed = octets;
    changed[place] = static_cast<char>(changed[place] ^ 0x40);
    const LogScan scan = scan_log(changed);
    std::size_t hit = 0;
    while (ends[hit + 1] <= place) ++hit;
    BOOST_REQUIRE_EQUAL(scan.frames.size(), hit);
    BOOST_REQUIRE(scan.end == (hit == 2 ? LogEnd::torn : LogEnd::damaged));
    BOOST_REQUIRE_EQUAL(scan.stray_frames.size(), 2 - hit);
  }
}

BOOST_AUTO_TEST_CASE(a_frame_is_worth_nothing_in_another_log_or_at_another_place) {
  std::string octets = log_preamble(log_id + 1);
  put_frame(octets, log_id, octets.size(), 1, 1, "payload");
  BOOST_TEST(scan_log(octets).frames.empty());
  octets = log_preamble(log_id);
  put_frame(octets, log_id, octets.size() + 1, 1, 1, "payload");
  BOOST_TEST(scan_log(octets).frames.empty());
}

BOOST_AUTO_TEST_CASE(a_rewritten_log_says_what_the_old_one_said) {
  const AccountState state = sample_state();
  AccountState copy;
  for (const Entry& one : snapshot(state, 0, 0)) {
    Commit commit;
    commit.entries.push_back(one);
    const auto decoded = decode_commit(encode(commit));
    BOOST_REQUIRE(decoded.has_value());
    BOOST_REQUIRE_EQUAL(decoded->entries.size(), 1U);
    BOOST_REQUIRE(apply(copy, decoded->entries[0], 1).has_value());
  }
  BOOST_TEST(copy.modseq == state.modseq);
  BOOST_TEST((copy.totals == state.totals));
  BOOST_TEST((copy.name == state.name));
  BOOST_TEST((copy.subscriptions == state.subscriptions));
  const Folder& a = *state.find(inbox_folder);
  const Folder& b = *copy.find(inbox_folder);
  BOOST_TEST(a.uidnext == b.uidnext);
  BOOST_TEST(a.messages.size() == b.messages.size());
  BOOST_TEST(b.find(9)->flags == flag::seen);
  BOOST_TEST(b.keywords_of(*b.find(9)).has(0));
  BOOST_TEST(b.tombstones.size() == 1U);
  BOOST_TEST(b.highestmodseq == 31U);
  BOOST_TEST(b.unseen == a.unseen);
}

BOOST_AUTO_TEST_CASE(entries_that_contradict_the_state_are_refused) {
  const auto refused = [](const Entry& one) {
    AccountState state = sample_state();
    return !apply(state, one, 1);
  };
  BOOST_TEST(refused(arrival(inbox_folder, 9)));  // uid used
  BOOST_TEST(refused(arrival(inbox_folder, 3)));  // below uidnext
  BOOST_TEST(refused(arrival(7, 50)));            // no such folder
  BOOST_TEST(refused(entry::Expunged{inbox_folder, {{2, 2}}, 40}));
  BOOST_TEST(refused(entry::Expunged{inbox_folder, {{9, 10}}, 40}));
  BOOST_TEST(refused(entry::FlagsChanged{inbox_folder, {{1, 2}}, 40, 0, 1, {}, {}}));
  BOOST_TEST(refused(entry::FolderSet{inbox_folder, "INBOX", "Maildir", 1, 1, 1, 1, 0, 40, 0}));
}

BOOST_AUTO_TEST_CASE(a_commit_with_any_octet_cut_off_is_not_a_commit_with_other_content) {
  Commit commit;
  commit.entries = {arrival(inbox_folder, 1), entry::Subscribed{"A", true}};
  const std::string octets = encode(commit);
  for (std::size_t cut = 0; cut < octets.size(); ++cut) {
    const auto decoded = decode_commit(std::string_view(octets).substr(0, cut));
    if (decoded) BOOST_REQUIRE_LT(decoded->entries.size(), commit.entries.size());
  }
}

}  // namespace mailtree::store
