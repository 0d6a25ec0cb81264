// SPDX-License-Identifier: Apache-2.0
// Quotas of accounts and domains: refused before the data, deferred while the grace lasts, and only then for good.
#include <boost/test/unit_test.hpp>

#include "log/log.h"
#include "unit/store/fixtures.h"

namespace mailtree::store {
namespace {

using test::Bench;

constexpr std::int64_t day = 24 * 3600;

std::size_t warnings = 0;
void count_warnings(std::string_view line) {
  if (line.find("store.quota.warning") != std::string_view::npos) ++warnings;
}

struct Quiet {
  Quiet() {
    log::set_sink([](std::string_view) {});
  }
  ~Quiet() { log::set_sink(nullptr); }
};

MayAccept::Reply may_accept(Bench& bench, Quota quota, std::uint64_t size, bool delivery = true) {
  MayAccept request;
  request.quota = quota;
  request.size = size;
  request.delivery = delivery;
  const auto asked = bench.perform<MayAcceptOperation>(request);
  BOOST_REQUIRE(asked->outcome.has_value());
  return asked->reply;
}

bool append(Bench& bench, Quota quota, const std::string& text) {
  Append request;
  request.account = test::ann();
  request.folder = inbox_folder;
  request.quota = quota;
  request.messages.resize(1);
  request.messages[0].size = text.size();
  const auto operation =
      std::make_shared<AppendOperation>(request, ReceivedFiles{bench.file_with(text)});
  bench.run({operation});
  if (!operation->outcome) BOOST_TEST((operation->outcome.error().condition == Condition::over_quota));
  return operation->outcome.has_value();
}

bool copy(Bench& bench, Quota quota) {
  Copy request;
  request.source = inbox_folder;
  request.target = 2;
  request.uids = {{1, 1}};
  request.quota = quota;
  const auto operation = bench.perform<CopyOperation>(request);
  if (!operation->outcome) BOOST_TEST((operation->outcome.error().condition == Condition::over_quota));
  return operation->outcome.has_value();
}

void expunge(Bench& bench, Uid uid) {
  Expunge request;
  request.folder = inbox_folder;
  request.mode = static_cast<std::uint8_t>(ExpungeMode::exactly);
  request.uids = {{uid, uid}};
  BOOST_REQUIRE(bench.perform<ExpungeOperation>(request)->outcome.has_value());
}

// What another account of the domain holds.
void others_hold(Bench& bench, std::uint64_t bytes, std::uint64_t messages) {
  bench.partition->usage().change({"alpha.test", "00", "somebody"}, {}, {bytes, messages});
}
void make_exact(Bench& bench) {
  static_cast<void>(bench.partition->usage().begin());
  bench.partition->usage().end(true);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(quota, Quiet)

BOOST_AUTO_TEST_CASE(a_full_account_defers_mail_for_the_grace_period_and_refuses_it_after_it_across_restarts) {
  Bench bench;
  const Quota quota{.bytes = 10};
  bench.deliver("12345678", 1);
  BOOST_TEST(!may_accept(bench, quota, 5).grace_over);
  bench.clock.now += 5 * day - 1;
  bench.reopen(true);
  const auto last = may_accept(bench, quota, 5);
  BOOST_TEST((!last.accepted && !last.too_big_for_quota && !last.grace_over));
  bench.clock.now += 1;
  BOOST_TEST(may_accept(bench, quota, 5).grace_over);
  bench.reopen(true);
  BOOST_TEST(may_accept(bench, quota, 5).grace_over);
}

BOOST_AUTO_TEST_CASE(an_account_that_grows_over_nine_tenths_of_its_quota_is_worth_one_warning_until_it_was_below) {
  for (const Quota& quota : {Quota{.bytes = 40}, Quota{.messages = 10}}) {
    Bench bench;
    warnings = 0;
    log::set_sink(count_warnings);
    const auto deliver = [&](unsigned char transaction) {
      BOOST_REQUIRE(may_accept(bench, quota, 4).accepted);
      BOOST_REQUIRE(bench.deliver("four", transaction)->result.delivered);
    };
    for (unsigned char i = 1; i <= 8; ++i) deliver(i);
    BOOST_TEST(warnings == 0U);
    deliver(9);
    BOOST_TEST(warnings == 1U);
    bench.reopen();
    deliver(10);
    BOOST_TEST(warnings == 1U);  // it was over the line before, as the log says
    BOOST_TEST(!may_accept(bench, quota, 4).accepted);
    expunge(bench, 1);
    expunge(bench, 2);
    BOOST_TEST(warnings == 1U);
    BOOST_TEST(append(bench, quota, "four"));
    BOOST_TEST(warnings == 2U);
    bench.partition->set_quota_warning_percent(0);
    expunge(bench, 3);
    expunge(bench, 4);
    expunge(bench, 5);
    for (unsigned char i = 20; i <= 22; ++i) deliver(i);
    BOOST_TEST(warnings == 2U);
  }
}

BOOST_AUTO_TEST_CASE(an_account_without_a_quota_is_worth_no_warning) {
  Bench bench;
  warnings = 0;
  log::set_sink(count_warnings);
  for (unsigned char i = 1; i <= 9; ++i) {
    may_accept(bench, Quota{}, 4);
    bench.deliver("four", i);
  }
  BOOST_TEST(warnings == 0U);
}

BOOST_AUTO_TEST_CASE(the_grace_period_begins_anew_when_something_was_accepted_or_room_was_made) {
  Bench bench;
  const Quota quota{.bytes = 10};
  bench.deliver("1234", 1);
  bench.deliver("5678", 2);
  may_accept(bench, quota, 5);
  bench.clock.now += 6 * day;
  BOOST_TEST(may_accept(bench, quota, 2).accepted);
  BOOST_TEST(!may_accept(bench, quota, 5).grace_over);
  bench.clock.now += 6 * day;
  BOOST_TEST(may_accept(bench, quota, 5).grace_over);
  expunge(bench, 1);
  const auto after = may_accept(bench, quota, 7);
  BOOST_TEST((!after.accepted && !after.grace_over));
}

BOOST_AUTO_TEST_CASE(neither_a_session_that_asks_nor_a_message_that_can_never_fit_begins_the_grace_period) {
  Bench bench;
  const Quota quota{.bytes = 10};
  bench.deliver("12345678", 1);
  BOOST_TEST(!may_accept(bench, quota, 5, false).accepted);
  BOOST_TEST(may_accept(bench, quota, 11).too_big_for_quota);
  bench.clock.now += 6 * day;
  BOOST_TEST(!may_accept(bench, quota, 5).grace_over);
}

BOOST_AUTO_TEST_CASE(a_grace_period_survives_the_rewriting_of_the_log) {
  Bench bench;
  const Quota quota{.bytes = 10};
  bench.deliver("12345678", 1);
  may_accept(bench, quota, 5);
  std::vector<std::shared_ptr<Operation>> all;
  for (int i = 0; i < 110; ++i) {
    Subscribe request;
    request.account = test::ann();
    request.name = std::string(990, 'x');
    request.on = i % 2 == 0;
    all.push_back(std::make_shared<SubscribeOperation>(request));
  }
  bench.run(std::move(all));
  BOOST_TEST(std::filesystem::file_size(bench.account_path() + "/log") < 20'000U);
  bench.reopen(true);
  bench.clock.now += 5 * day;
  BOOST_TEST(may_accept(bench, quota, 5).grace_over);
}

BOOST_AUTO_TEST_CASE(the_quota_of_the_domain_counts_what_others_hold_for_mail_append_and_copy) {
  Bench bench;
  bench.deliver("12345", 1);
  others_hold(bench, 90, 9);
  for (const Quota quota : {Quota{.domain_bytes = 99}, Quota{.domain_messages = 10}}) {
    const auto refused = may_accept(bench, quota, 5);
    BOOST_TEST((!refused.accepted && refused.domain_full && !refused.too_big_for_quota && !refused.grace_over));
    BOOST_TEST(!append(bench, quota, "12345"));
    BOOST_TEST(!copy(bench, quota));
  }
  const Quota room{.domain_bytes = 105, .domain_messages = 12};
  BOOST_TEST(may_accept(bench, room, 5).accepted);
  BOOST_TEST(append(bench, room, "12345"));
  BOOST_TEST(copy(bench, room));
  BOOST_TEST(!copy(bench, room));
  expunge(bench, 1);
  BOOST_TEST(may_accept(bench, room, 5).accepted);
}

BOOST_AUTO_TEST_CASE(copies_of_one_batch_do_not_pass_the_quota_of_the_domain_together) {
  Bench bench;
  bench.deliver("12345", 1);
  std::vector<std::shared_ptr<Operation>> both;
  for (int i = 0; i < 2; ++i) {
    Copy request;
    request.account = test::ann();
    request.source = inbox_folder;
    request.target = 2;
    request.uids = {{1, 1}};
    request.quota.domain_bytes = 10;
    both.push_back(std::make_shared<CopyOperation>(request));
  }
  bench.run(both);
  BOOST_TEST(both[0]->outcome.has_value());
  BOOST_TEST(!both[1]->outcome.has_value());
}

BOOST_AUTO_TEST_CASE(a_full_domain_refuses_for_good_only_after_the_grace_and_only_by_exact_sums) {
  Bench bench;
  const Quota quota{.domain_bytes = 100};
  others_hold(bench, 100, 1);
  make_exact(bench);
  BOOST_TEST(!may_accept(bench, quota, 5).grace_over);  // of an account that does not exist yet
  bench.deliver("", 1);
  bench.clock.now += 5 * day;
  BOOST_TEST(may_accept(bench, quota, 5).grace_over);
  bench.partition->usage().doubt();
  BOOST_TEST(!may_accept(bench, quota, 5).grace_over);
  make_exact(bench);
  BOOST_TEST(may_accept(bench, quota, 5).grace_over);
  others_hold(bench, 0, 0);
  bench.partition->usage().change({"alpha.test", "00", "somebody"}, {50, 0}, {});
  BOOST_TEST(may_accept(bench, quota, 5).accepted);
  others_hold(bench, 50, 0);
  BOOST_TEST(!may_accept(bench, quota, 5).grace_over);
}

BOOST_AUTO_TEST_CASE(a_domain_without_a_quota_of_its_own_is_not_limited) {
  Bench bench;
  others_hold(bench, 1U << 30, 1U << 20);
  BOOST_TEST(may_accept(bench, Quota{}, 5).accepted);
  BOOST_TEST(may_accept(bench, Quota{.bytes = 10}, 5).accepted);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mailtree::store
