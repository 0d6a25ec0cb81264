// SPDX-License-Identifier: Apache-2.0
#include "delivery/expansion.h"

#include <boost/test/unit_test.hpp>

namespace mailtree::delivery {
namespace {

using ldapauth::Outcome;
using ldapauth::RecipientAnswer;
using queue::Index;
using queue::Item;

Item item_to(const std::vector<std::string>& addresses, std::uint8_t notify = 0) {
  queue::Envelope e;
  e.queue_id = std::string(32, 'a');
  e.sender = "ann@land.test";
  for (const std::string& address : addresses) e.recipients.push_back({address, "rfc822;" + address, notify});
  return Item(e);
}

RecipientAnswer found() {
  RecipientAnswer answer;
  answer.outcome = Outcome::found;
  return answer;
}

RecipientAnswer mailbox(const std::string& uid) {
  RecipientAnswer answer = found();
  ldapauth::MailboxAction action;
  action.account.uid = uid;
  answer.plan.mailboxes.push_back(action);
  return answer;
}

RecipientAnswer forward(const std::string& address, bool keep = false) {
  RecipientAnswer answer = keep ? mailbox("x") : found();
  ldapauth::ForwardAction action;
  action.address = address;
  answer.plan.forwards.push_back(action);
  return answer;
}

RecipientAnswer group(const std::vector<std::string>& members, const std::string& errors_to = "") {
  RecipientAnswer answer = found();
  ldapauth::GroupAction action;
  action.members = members;
  action.errors_to = errors_to;
  answer.plan.groups.push_back(action);
  return answer;
}

Step step(const Item& item, Index index, const RecipientAnswer& answer, ExpansionLimits limits = {}) {
  return next_step(item, index, answer, limits, 1000);
}

// Applies an expansion; returns how many recipients it added.
std::size_t expand(Item& item, Index index, const RecipientAnswer& answer) {
  const std::size_t before = item.deliveries().size();
  const Step result = step(item, index, answer);
  const auto* const expansion = std::get_if<Expand>(&result);
  BOOST_REQUIRE(expansion != nullptr);
  for (const queue::Record& record : expansion->records) BOOST_REQUIRE(item.apply(record));
  return item.deliveries().size() - before;
}

template <typename T>
bool is(const Step& step) {
  return std::holds_alternative<T>(step);
}

bool is_refused(const Step& step, const std::string& status) {
  const auto* const refuse = std::get_if<Refuse>(&step);
  return refuse != nullptr && refuse->status == status;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(expansion)

// D06
BOOST_AUTO_TEST_CASE(a_directory_outage_means_waiting_and_never_a_bounce) {
  const Item item = item_to({"bob@alpha.test"});
  BOOST_TEST(is<Wait>(step(item, 0, RecipientAnswer())));
}

BOOST_AUTO_TEST_CASE(an_unknown_user_of_ours_is_refused) {
  RecipientAnswer answer;
  answer.outcome = Outcome::no_such_user;
  BOOST_TEST(is_refused(step(item_to({"bob@alpha.test"}), 0, answer), "5.1.1"));
}

BOOST_AUTO_TEST_CASE(a_foreign_domain_is_relayed) {
  RecipientAnswer answer;
  answer.outcome = Outcome::not_hosted;
  const Step result = step(item_to({"bob@Other.Test"}), 0, answer);
  BOOST_REQUIRE(is<ToDomain>(result));
  BOOST_TEST(std::get<ToDomain>(result).domain == "other.test");
}

BOOST_AUTO_TEST_CASE(refusals_of_the_plan_keep_their_kind) {
  const Item item = item_to({"bob@alpha.test"});
  RecipientAnswer answer = found();
  answer.plan.refusal = {452, "4.2.2", "Over quota"};
  BOOST_TEST(is<Wait>(step(item, 0, answer)));
  answer.plan.refusal = {550, "5.2.1", "Disabled"};
  BOOST_TEST(is_refused(step(item, 0, answer), "5.2.1"));
}

BOOST_AUTO_TEST_CASE(held_mail_waits_and_does_not_expire) {
  RecipientAnswer answer = found();
  answer.plan.holds.push_back({});
  const Step result = step(item_to({"bob@alpha.test"}), 0, answer);
  BOOST_REQUIRE(is<Wait>(result));
  BOOST_TEST(std::get<Wait>(result).keep);
}

BOOST_AUTO_TEST_CASE(a_forward_that_keeps_a_copy_becomes_two_recipients) {
  Item item = item_to({"bob@alpha.test"});
  BOOST_TEST(expand(item, 0, forward("bob@elsewhere.test", true)) == 2U);
  const RecipientAnswer again = forward("bob@elsewhere.test", true);
  BOOST_TEST(is<ToMailboxes>(step(item, 1, again)));
}

BOOST_AUTO_TEST_CASE(two_forwards_pointing_at_each_other_are_a_circle) {
  Item item = item_to({"a@alpha.test"});
  BOOST_TEST(expand(item, 0, forward("b@alpha.test")) == 1U);
  BOOST_TEST(is_refused(step(item, 1, forward("a@ALPHA.test")), "5.4.6"));
}

BOOST_AUTO_TEST_CASE(a_circle_through_a_mailbox_delivers_once_each) {
  Item item = item_to({"a@alpha.test"});
  BOOST_TEST(expand(item, 0, forward("b@alpha.test", true)) == 2U);
  BOOST_TEST(expand(item, 2, forward("a@alpha.test", true)) == 1U);
}

// A to B and C, B to C, C to B: each is somebody else's duplicate, and the mail must not vanish between them.
BOOST_AUTO_TEST_CASE(a_circle_of_duplicates_does_not_swallow_mail) {
  Item item = item_to({"a@alpha.test"});
  BOOST_TEST(expand(item, 0, group({"b@alpha.test", "c@alpha.test"})) == 2U);
  BOOST_TEST(expand(item, 1, forward("c@alpha.test")) == 0U);
  BOOST_TEST(is_refused(step(item, 2, forward("b@alpha.test")), "5.4.6"));
}

BOOST_AUTO_TEST_CASE(members_of_several_groups_get_one_copy) {
  Item item = item_to({"g1@alpha.test", "g2@alpha.test", "bob@alpha.test"});
  BOOST_TEST(expand(item, 0, group({"bob@alpha.test", "carl@alpha.test", "carl@alpha.test"})) == 1U);
  BOOST_TEST(expand(item, 1, group({"carl@alpha.test", "dora@alpha.test"})) == 1U);
}

BOOST_AUTO_TEST_CASE(members_of_a_list_get_its_errors_address_as_sender) {
  Item item = item_to({"team@alpha.test"}, queue::notify::success);
  expand(item, 0, group({"bob@alpha.test"}, "owner@alpha.test"));
  BOOST_TEST(item.sender_of(1) == "owner@alpha.test");
  BOOST_TEST(item.delivery(1).to.notify == 0);
  BOOST_TEST(item.delivery(1).to.original.empty());
  BOOST_TEST(item.delivery(1).reported == "bob@alpha.test");
  BOOST_TEST(item.delivery(0).how == queue::expansion::list);
}

BOOST_AUTO_TEST_CASE(a_list_may_have_a_null_sender) {
  Item item = item_to({"team@alpha.test"});
  expand(item, 0, group({"bob@alpha.test"}, "<>"));
  BOOST_TEST(item.sender_of(1).empty());
}

BOOST_AUTO_TEST_CASE(one_forward_inherits_the_wishes_of_the_sender) {
  Item item = item_to({"bob@alpha.test"}, queue::notify::success);
  expand(item, 0, forward("bob@elsewhere.test"));
  BOOST_TEST(item.delivery(1).to.notify == queue::notify::success);
  BOOST_TEST(item.delivery(1).to.original == "rfc822;bob@alpha.test");
  BOOST_TEST(item.delivery(1).reported == "bob@alpha.test");  // the secret of the forwarding address is kept
}

BOOST_AUTO_TEST_CASE(members_of_a_group_do_not_report_success) {
  Item item = item_to({"team@alpha.test"}, queue::notify::success);
  expand(item, 0, group({"bob@alpha.test", "carl@alpha.test"}));
  BOOST_TEST(item.delivery(1).to.notify == queue::notify::never);
  Item both = item_to({"team@alpha.test"}, queue::notify::success | queue::notify::failure);
  expand(both, 0, group({"bob@alpha.test", "carl@alpha.test"}));
  BOOST_TEST(both.delivery(1).to.notify == queue::notify::failure);
}

BOOST_AUTO_TEST_CASE(forwarding_ends_at_ten_levels) {
  Item item = item_to({"u0@alpha.test"});
  for (Index level = 0; level < 10; ++level) {
    BOOST_TEST(expand(item, level, forward("u" + std::to_string(level + 1) + "@alpha.test")) == 1U);
  }
  BOOST_TEST(is_refused(step(item, 10, forward("u11@alpha.test")), "5.4.6"));
}

BOOST_AUTO_TEST_CASE(expansion_ends_at_a_thousand_results) {
  std::vector<std::string> members;
  for (int i = 0; i < 1000; ++i) members.push_back("m" + std::to_string(i) + "@alpha.test");
  Item item = item_to({"big@alpha.test", "bigger@alpha.test"});
  BOOST_TEST(expand(item, 0, group(members)) == 1000U);
  for (std::string& member : members) member += "x";
  members.push_back("one@alpha.test");
  BOOST_TEST(is_refused(step(item, 1, group(members)), "5.2.4"));
}

BOOST_AUTO_TEST_CASE(an_empty_group_is_refused) {
  BOOST_TEST(is_refused(step(item_to({"team@alpha.test"}), 0, group({})), "5.2.4"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mailtree::delivery
