// SPDX-License-Identifier: Apache-2.0
#include "ldapauth/daemon/plan_builder.h"

#include <boost/test/unit_test.hpp>

#include "memory_directory.h"

using namespace mailtree::test;

namespace {

DeliveryPlan plan_of(std::vector<std::pair<std::string, std::string>> more) {
  Entry entry = make_user("a", "x.test");
  for (const auto& extra : make_entry("", std::move(more)).attributes) entry.attributes.push_back(extra);
  const auto account = read_account(entry, *read_domain(make_domain("x.test")));
  BOOST_REQUIRE(account);
  AddressUse use;
  use.address = "a+box@x.test";
  use.folder_hint = "box";
  return user_plan(entry, *account, use, {"mx.test"});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(plan_builder)

BOOST_AUTO_TEST_CASE(a_user_without_options_gets_a_mailbox) {
  const DeliveryPlan plan = plan_of({});
  BOOST_TEST(plan.is_local_only());
  BOOST_TEST(plan.mailboxes.at(0).folder_hint == "box");
}

BOOST_AUTO_TEST_CASE(mailbox_and_forward_apply_together) {
  const DeliveryPlan plan = plan_of({{"mailDeliveryOption", "mailbox"},
                                     {"mailDeliveryOption", "Forward"},
                                     {"mailForwardingAddress", "b@y.test"},
                                     {"mailForwardingAddress", "c@y.test"}});
  BOOST_TEST(plan.mailboxes.size() == 1U);
  BOOST_TEST(plan.forwards.size() == 2U);
  BOOST_TEST(!plan.is_local_only());
}

BOOST_AUTO_TEST_CASE(forward_alone_leaves_no_copy) {
  const DeliveryPlan plan = plan_of({{"mailDeliveryOption", "forward"}, {"mailForwardingAddress", "b@y.test"}});
  BOOST_TEST(plan.mailboxes.empty());
  BOOST_TEST(plan.forwards.at(0).address == "b@y.test");
}

BOOST_AUTO_TEST_CASE(an_option_nobody_carries_out_does_not_lose_mail) {
  BOOST_TEST(plan_of({{"mailDeliveryOption", "program"}}).mailboxes.size() == 1U);
  BOOST_TEST(plan_of({{"mailDeliveryOption", "forward"}}).mailboxes.size() == 1U);  // no address to forward to
}

BOOST_AUTO_TEST_CASE(another_mail_host_gets_the_mail_and_our_own_name_does_not) {
  const DeliveryPlan other = plan_of({{"mailHost", "store2.test"}});
  BOOST_TEST(other.mailboxes.empty());
  BOOST_TEST(other.hosts.at(0).host == "store2.test");
  BOOST_TEST(other.hosts.at(0).address == "a+box@x.test");
  BOOST_TEST(plan_of({{"mailHost", "MX.test"}}).is_local_only());
}

BOOST_AUTO_TEST_CASE(hold_overrides_the_options_and_a_refusal_overrides_all) {
  const DeliveryPlan held = plan_of({{"mailUserStatus", "hold"}, {"mailDeliveryOption", "mailbox"}});
  BOOST_TEST(held.holds.size() == 1U);
  BOOST_TEST(held.mailboxes.empty());
  const DeliveryPlan refused = plan_of({{"mailUserStatus", "disabled"}, {"mailDeliveryOption", "hold"}});
  BOOST_TEST(refused.refusal.code == 550);
  BOOST_TEST(refused.holds.empty());
  BOOST_TEST(plan_of({{"mailUserStatus", "inactive"}}).refusal.code == 450);
  BOOST_TEST(plan_of({{"mailUserStatus", "overquota"}}).refusal.code == 452);
}

BOOST_AUTO_TEST_CASE(a_group_has_each_member_once_and_its_own_errors_address) {
  const Entry group = make_entry("cn=g", {{"objectClass", "inetMailGroup"},
                                          {"mail", "g@x.test"},
                                          {"mgrpRFC822MailMember", "out@y.test"},
                                          {"mgrpRFC822MailMember", "A@x.test"},
                                          {"mgrpErrorsTo", "mailto:owner@x.test"}});
  AddressUse use;
  use.address = "g@x.test";
  const DeliveryPlan plan = group_plan(group, Status{}, use, {"a@x.test", "b@x.test", "a@x.test"});
  const std::vector<std::string> expected{"a@x.test", "b@x.test", "out@y.test"};
  BOOST_TEST(plan.groups.at(0).members == expected, boost::test_tools::per_element());
  BOOST_TEST(plan.groups.at(0).errors_to == "owner@x.test");
}

BOOST_AUTO_TEST_SUITE_END()
