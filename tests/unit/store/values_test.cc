// SPDX-License-Identifier: Apache-2.0
// Names, sets and index rows.
#include <boost/test/unit_test.hpp>

#include "store/crc32c.h"
#include "store/daemon/folder_names.h"
#include "store/file_name.h"
#include "store/index_format.h"

namespace mailtree::store {

BOOST_AUTO_TEST_CASE(crc32c_gives_the_published_check_value) {
  BOOST_TEST(crc32c(0, "123456789") == 0xe3069283U);
  BOOST_TEST(crc32c(crc32c(0, "1234"), "56789") == 0xe3069283U);
}

BOOST_AUTO_TEST_CASE(a_file_name_says_everything_needed_to_rebuild_its_record) {
  FileName name;
  name.time = 1'790'000'000;
  name.unique.fill(0xa7);
  name.folder = 12;
  name.uid = 4'000'000'000;
  name.size = 8192;
  name.crlf_size = 8300;
  name.flags = flag::seen | flag::draft;
  const std::string text = make_file_name(name, "host.test");
  BOOST_TEST(text.ends_with(".host.test,U=12.4000000000,S=8192,W=8300:2,DS"));
  const ParsedFileName parsed = parse_file_name(text);
  BOOST_TEST(parsed.ours);
  BOOST_TEST(parsed.time == name.time);
  BOOST_TEST((parsed.unique == name.unique));
  BOOST_TEST(parsed.folder == name.folder);
  BOOST_TEST(parsed.uid == name.uid);
  BOOST_TEST(*parsed.size == name.size);
  BOOST_TEST(*parsed.crlf_size == name.crlf_size);
  BOOST_TEST(parsed.flags == name.flags);
}

BOOST_AUTO_TEST_CASE(foreign_file_names_give_what_they_have) {
  const ParsedFileName plain = parse_file_name("1790000000.M0.bench:2,S");
  BOOST_TEST(!plain.ours);
  BOOST_TEST(plain.time == 1'790'000'000);
  BOOST_TEST(plain.flags == flag::seen);
  BOOST_TEST(!plain.size.has_value());
  const ParsedFileName dovecot = parse_file_name("1.M2P3.host,S=100,W=110:2,FRS");
  BOOST_TEST(*dovecot.size == 100U);
  BOOST_TEST(*dovecot.crlf_size == 110U);
  BOOST_TEST(dovecot.flags == (flag::flagged | flag::answered | flag::seen));
  for (const char* const odd : {"", ":", ":2,", "x", ",U=1.2,S=3", "1.a,U=.", "1,U=99999999999.1,S=1"}) {
    BOOST_TEST(!parse_file_name(odd).ours);
  }
}

BOOST_AUTO_TEST_CASE(uid_sets_are_sorted_joined_and_counted) {
  const UidSet set = normalized({{9, 7}, {1, 2}, {3, 3}, {0, 0}, {8, 12}});
  BOOST_REQUIRE_EQUAL(set.size(), 2U);
  BOOST_TEST((set[0] == UidRange{1, 3}));
  BOOST_TEST((set[1] == UidRange{7, 12}));
  BOOST_TEST(count(set) == 9U);
  BOOST_TEST(contains(set, 3));
  BOOST_TEST(!contains(set, 4));
  BOOST_TEST(contains(set, 12));
  BOOST_TEST(count(normalized({{1, UINT32_MAX}, {5, UINT32_MAX}})) == 0xffffffffU);
}

BOOST_AUTO_TEST_CASE(index_rows_come_back_as_they_went_in) {
  MessageRow row;
  row.uid = 5;
  row.flags = 3;
  row.unique.fill(9);
  row.modseq = 1ULL << 40;
  row.internal_date = 1'700'000'000;
  row.size = 10;
  row.crlf_size = 12;
  row.keywords.set(255);
  row.thread = 0xfedcba9876543210;
  const auto back = decode_message(5, encode_message(row));
  BOOST_REQUIRE(back.has_value());
  BOOST_TEST(back->modseq == row.modseq);
  BOOST_TEST(back->crlf_size == row.crlf_size);
  BOOST_TEST((back->keywords == row.keywords));
  BOOST_TEST(back->thread == row.thread);
  BOOST_TEST(!decode_message(5, encode_message(row).substr(0, 20)).has_value());
}

BOOST_AUTO_TEST_CASE(folder_names_are_utf8_without_empty_levels_and_inbox_is_in_capitals) {
  BOOST_TEST(*folder_name("inbox") == "INBOX");
  BOOST_TEST(*folder_name("Inbox/Work") == "INBOX/Work");
  BOOST_TEST(*folder_name("50 % *") == "50 % *");
  BOOST_TEST(*folder_name("Entw\xc3\xbcrfe") == "Entw\xc3\xbcrfe");
  for (const char* const bad : {"", "/", "a//b", "/a", "a/", "a\x01", "\xff", "\xed\xa0\x80"}) {
    BOOST_TEST(!folder_name(bad).has_value());
  }
}

BOOST_AUTO_TEST_CASE(a_folder_gets_the_directory_of_its_name_if_that_is_legal_and_free) {
  AccountState state;
  const auto none = [](const std::string&) { return false; };
  const auto taken = [](const std::string& path) { return path == "Maildir/.A"; };
  BOOST_TEST(*new_directory(state, 6, "A", none) == "Maildir/.A");
  BOOST_TEST(*new_directory(state, 6, "A/B", none) == "Maildir/.A.B");
  BOOST_TEST(*new_directory(state, 6, "A", taken) == "Maildir/.#6");
  BOOST_TEST(*new_directory(state, 6, "A.B", none) == "Maildir/.#6");
  BOOST_TEST(*new_directory(state, 6, "Entw\xc3\xbcrfe", none) == "Maildir/.#6");
  BOOST_TEST(*new_directory(state, 6, "..", none) == "Maildir/.#6");
}

BOOST_AUTO_TEST_CASE(a_disk_that_does_not_say_what_is_there_ends_the_search_for_a_directory) {
  const auto failing = [](const std::string&) { return Error::temporary(Condition::storage, "input/output error"); };
  const auto directory = new_directory(AccountState{}, 6, "A", failing);
  BOOST_REQUIRE(!directory.has_value());
  BOOST_TEST((directory.error().condition == Condition::storage));
}

}  // namespace mailtree::store
