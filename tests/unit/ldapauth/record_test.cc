// SPDX-License-Identifier: Apache-2.0
#include "ldapauth/daemon/record.h"

#include <boost/test/unit_test.hpp>

#include "memory_directory.h"

using namespace mailtree::test;

namespace {

Account account_of(Entry entry, Entry domain = make_domain("x.test")) {
  const auto record = read_domain(domain);
  BOOST_REQUIRE(record);
  const auto account = read_account(entry, *record);
  BOOST_REQUIRE(account);
  return *account;
}

Entry with(Entry entry, const std::string& name, const std::string& value) {
  entry.attributes.push_back({mailtree::ascii::to_lower(name), {value}});
  return entry;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(record)

BOOST_AUTO_TEST_CASE(quotas_come_with_units_and_special_values) {
  BOOST_TEST(*parse_quota("20M") == 20LL << 20);
  BOOST_TEST(*parse_quota("1g") == 1LL << 30);
  BOOST_TEST(*parse_quota("0") == 0);
  BOOST_TEST(*parse_quota("-1") == quota_unlimited);
  BOOST_TEST(*parse_quota("-2") == quota_default);
  BOOST_TEST(*parse_quota("20M;Trash%10M") == 20LL << 20);
  for (const char* text : {"", "M", "-3", "5000G", "12x", "99999999999999999999"}) BOOST_TEST(!parse_quota(text));
}

BOOST_AUTO_TEST_CASE(a_user_without_a_quota_gets_that_of_the_domain) {
  const Entry domain = with(make_domain("x.test"), "mailQuota", "5M");
  BOOST_TEST(account_of(make_user("a", "x.test"), domain).quota_bytes == 5LL << 20);
  BOOST_TEST(account_of(with(make_user("a", "x.test"), "mailQuota", "-2"), domain).quota_bytes == 5LL << 20);
  BOOST_TEST(account_of(with(make_user("a", "x.test"), "mailQuota", "7M"), domain).quota_bytes == 7LL << 20);
  BOOST_TEST(account_of(make_user("a", "x.test")).quota_bytes == quota_default);
}

BOOST_AUTO_TEST_CASE(a_user_carries_the_quota_that_its_domain_has_for_all_together) {
  const Entry domain = with(with(make_domain("x.test"), "mailDomainDiskQuota", "4G"), "mailDomainMsgQuota", "1000");
  const Account account = account_of(make_user("a", "x.test"), domain);
  BOOST_TEST(account.domain_quota_bytes == 4LL << 30);
  BOOST_TEST(account.domain_quota_messages == 1000);
  BOOST_TEST(account.quota_bytes == quota_default);
  BOOST_TEST(account_of(make_user("a", "x.test")).domain_quota_bytes == quota_default);
  const Entry open = with(make_domain("x.test"), "mailDomainDiskQuota", "-1");
  BOOST_TEST(account_of(make_user("a", "x.test"), open).domain_quota_bytes == quota_unlimited);
}

BOOST_AUTO_TEST_CASE(the_first_status_that_is_not_active_decides_about_mail) {
  const Entry held = with(make_domain("x.test"), "mailDomainStatus", "hold");
  const Account account = account_of(with(make_user("a", "x.test"), "mailUserStatus", "disabled"), held);
  BOOST_TEST((account.delivery == DeliveryVerdict::hold));
  BOOST_TEST(account.status_word == "mailDomainStatus=hold");
}

BOOST_AUTO_TEST_CASE(each_status_word_has_its_verdicts) {
  struct Row {
    const char* word;
    DeliveryVerdict delivery;
    LoginVerdict login;
  };
  const Row rows[] = {{"active", DeliveryVerdict::accept, LoginVerdict::allowed},
                      {"ACTIVE", DeliveryVerdict::accept, LoginVerdict::allowed},
                      {"inactive", DeliveryVerdict::temporary, LoginVerdict::refused},
                      {"nonsense", DeliveryVerdict::temporary, LoginVerdict::refused},
                      {"disabled", DeliveryVerdict::permanent, LoginVerdict::refused},
                      {"deleted", DeliveryVerdict::permanent, LoginVerdict::refused},
                      {"removed", DeliveryVerdict::permanent, LoginVerdict::refused},
                      {"hold", DeliveryVerdict::hold, LoginVerdict::refused},
                      {"overquota", DeliveryVerdict::over_quota, LoginVerdict::allowed}};
  for (const Row& row : rows) {
    const Account account = account_of(with(make_user("a", "x.test"), "mailUserStatus", row.word));
    BOOST_TEST((account.delivery == row.delivery), row.word);
    BOOST_TEST((account.login == row.login), row.word);
  }
}

BOOST_AUTO_TEST_CASE(a_full_domain_does_not_let_an_inactive_user_in) {
  const Entry full = with(make_domain("x.test"), "mailDomainStatus", "overquota");
  const Account account = account_of(with(make_user("a", "x.test"), "inetUserStatus", "inactive"), full);
  BOOST_TEST((account.login == LoginVerdict::refused));
  BOOST_TEST((account.delivery == DeliveryVerdict::over_quota));
}

BOOST_AUTO_TEST_CASE(values_that_would_be_a_path_make_the_entry_unusable_for_now) {
  const auto domain = read_domain(make_domain("x.test"));
  for (const char* uid : {"../../etc", "a/b", "..", "a\nb"}) {
    Entry entry = make_user("a", "x.test");
    for (Attribute& attribute : entry.attributes)
      if (attribute.name == "uid") attribute.values = {uid};
    const auto account = read_account(entry, *domain);
    BOOST_REQUIRE(!account);
    BOOST_TEST((account.error().kind == mailtree::Kind::temporary));
  }
  BOOST_TEST(!read_account(with(make_user("a", "x.test"), "mailMessageStore", "../x"), *domain));
  BOOST_TEST(!read_account(with(make_user("a", "x.test"), "mailQuota", "lots"), *domain));
}

BOOST_AUTO_TEST_CASE(two_owners_of_one_address_are_a_mistake_and_not_a_choice) {
  const Entries two{make_user("a", "x.test"), make_user("b", "x.test")};
  BOOST_TEST(!only_one(two));
  const Entries one_deleted{make_user("a", "x.test"), with(make_user("b", "x.test"), "mailUserStatus", "deleted")};
  const auto owner = only_one(one_deleted);
  BOOST_REQUIRE(owner);
  BOOST_TEST((*owner)->dn == "uid=a,o=x.test,o=mail");
}

BOOST_AUTO_TEST_CASE(entries_that_are_no_mail_users_or_groups_do_not_count) {
  const Entries person{make_entry("cn=p", {{"objectClass", "person"}, {"mail", "p@x.test"}})};
  const auto owner = only_one(person);
  BOOST_REQUIRE(owner);
  BOOST_TEST(*owner == nullptr);
  BOOST_TEST(!is_mail_user(make_entry("cn=p", {{"objectClass", "inetMailUser"}})));  // no uid
}

BOOST_AUTO_TEST_SUITE_END()
