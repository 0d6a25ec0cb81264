// SPDX-License-Identifier: Apache-2.0
#include "queue/daemon/notices.h"

#include <boost/test/unit_test.hpp>

namespace mailtree::queue {
namespace {

Item item_with(std::uint8_t notify, const std::string& sender = "ann@land.test", Purpose purpose = Purpose::mail) {
  Envelope e;
  e.queue_id = std::string(32, 'a');
  e.sender = sender;
  e.purpose = purpose;
  e.internal_origin = true;
  e.recipients = {{"bob@beta.test", "", notify}};
  return Item(e);
}

const std::string postmaster = "postmaster@alpha.test";

std::vector<Notice> due(const Item& item, std::chrono::hours age = std::chrono::hours(0)) {
  return due_notices(item, NoticePolicy{}, age, 7);
}

Item failed(std::uint8_t notify, const std::string& sender = "ann@land.test", Purpose purpose = Purpose::mail) {
  Item item = item_with(notify, sender, purpose);
  item.apply(Failed{0, 1, "", "5.1.1", "550 no"});
  return item;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(notices)

BOOST_AUTO_TEST_CASE(a_failure_is_told_to_the_sender_unless_it_was_not_wanted) {
  BOOST_TEST(due(failed(0)).size() == 1U);
  BOOST_TEST(due(failed(notify::failure)).size() == 1U);
  BOOST_TEST(due(failed(notify::never)).empty());
  BOOST_TEST(due(failed(notify::success)).empty());
  BOOST_TEST(target_of(failed(0), due(failed(0))[0], postmaster)->address == "ann@land.test");
}

// R03
BOOST_AUTO_TEST_CASE(nothing_is_ever_sent_to_a_null_sender) {
  for (const Purpose purpose : {Purpose::mail, Purpose::notice}) {
    const Item item = failed(notify::never, "", purpose);
    const auto target = target_of(item, due(item).at(0), postmaster);
    BOOST_REQUIRE(target.has_value());
    BOOST_TEST(target->is_postmaster);
    BOOST_TEST(target->address == postmaster);
  }
  const Item last = failed(notify::never, "", Purpose::postmaster_notice);
  BOOST_TEST(!target_of(last, due(last).at(0), postmaster).has_value());
}

BOOST_AUTO_TEST_CASE(a_failure_is_told_once) {
  Item item = failed(0);
  for (const Notice& notice : due(item)) item.apply(notice);
  BOOST_TEST(due(item).empty());
  BOOST_TEST(item.open_notices().size() == 1U);
}

BOOST_AUTO_TEST_CASE(success_is_told_if_asked_and_nobody_else_does) {
  Item local = item_with(notify::success);
  local.apply(Delivered{0, 1, false, "", "2.1.5", ""});
  BOOST_TEST(due(local).size() == 1U);
  Item passed_on = item_with(notify::success);
  passed_on.apply(Delivered{0, 1, false, "mx.beta.test", "2.0.0", ""});
  BOOST_TEST(due(passed_on).empty());
  Item relayed = item_with(notify::success);
  relayed.apply(Delivered{0, 1, true, "mx.beta.test", "2.0.0", ""});
  BOOST_TEST(due(relayed).size() == 1U);
  Item unasked = item_with(0);
  unasked.apply(Delivered{0, 1, true, "mx.beta.test", "2.0.0", ""});
  BOOST_TEST(due(unasked).empty());
}

BOOST_AUTO_TEST_CASE(a_delay_is_told_once_after_four_hours) {
  Item item = item_with(0);
  item.apply(Deferred{0, 1, 1, 2, false, "", "4.4.1", "later"});
  BOOST_TEST(due(item, std::chrono::hours(3)).empty());
  BOOST_REQUIRE(due(item, std::chrono::hours(4)).size() == 1U);
  item.apply(due(item, std::chrono::hours(4))[0]);
  BOOST_TEST(due(item, std::chrono::hours(9)).empty());
}

BOOST_AUTO_TEST_CASE(a_list_with_a_null_errors_address_tells_nobody) {
  Item item = item_with(0);
  item.apply(Variant{"", {}, {}});
  item.apply(Child{0, Part::whole, 0, 1, "carl@beta.test", "", ""});
  item.apply(Expanded{0, 1, expansion::list, {}});
  item.apply(Failed{1, 1, "", "5.1.1", "550 no"});
  BOOST_TEST(due(item).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mailtree::queue
