// SPDX-License-Identifier: Apache-2.0
#include "queue/daemon/server.h"

#include <boost/test/unit_test.hpp>

#include "fixture.h"

namespace mailtree::queue {
namespace {

const std::string letter = "Return-Path: <ann@land.test>\r\nReceived: by mx\r\nSubject: hello\r\n\r\nbody\r\n";

relay::Attempted answer_all(const relay::Attempt& attempt, std::uint8_t outcome, const std::string& reply) {
  relay::Attempted answer;
  relay::RecipientResult result;
  result.outcome = outcome;
  result.reply = reply;
  result.status = outcome == relay::outcome::permanent ? "5.1.1" : "4.2.0";
  result.remote_host = "mx.test [192.0.2.1]";
  answer.results.assign(attempt.recipients.size(), result);
  return answer;
}

std::size_t count(const World& world, const std::string& uid) {
  const auto is_his = [&](const StoredCopy& copy) { return copy.account == uid; };
  return static_cast<std::size_t>(std::count_if(world.stored.begin(), world.stored.end(), is_his));
}

Task<void> mixed(World& world) {
  Submit request = World::to({"bob@alpha.test", "far@else.test", "near@else.test"});
  world.add_mailbox("bob@alpha.test", "bob");
  world.start();
  const auto taken = co_await world.submit(std::move(request), letter);
  BOOST_REQUIRE(taken.has_value());
  BOOST_TEST(!taken->known_before);
  const bool empty = co_await world.drained();
  BOOST_TEST(empty);
  BOOST_TEST(count(world, "bob") == 1U);
  BOOST_REQUIRE(world.attempts.size() == 1U);
  BOOST_TEST(world.attempts[0].recipients.size() == 2U);
  BOOST_TEST(world.attempts[0].domain == "else.test");
  BOOST_TEST(world.sent[0] == letter.substr(letter.find("Received")));
  BOOST_TEST(world.stored[0].text == letter);
  co_await world.stop();
}

Task<void> repeated(World& world) {
  Submit request = World::to({"bob@alpha.test"});
  const Submit again = request;
  world.add_mailbox("bob@alpha.test", "bob");
  world.start();
  const auto first = co_await world.submit(std::move(request), letter);
  const bool empty = co_await world.drained();
  BOOST_TEST(empty);
  const auto second = co_await world.submit(again, letter);
  BOOST_REQUIRE((first && second));
  BOOST_TEST(second->known_before);
  BOOST_TEST(first->queue_id == second->queue_id);
  co_await world.stop();
  world.start();  // the memory of it survives a restart
  const auto third = co_await world.submit(again, letter);
  BOOST_REQUIRE(third.has_value());
  BOOST_TEST(third->known_before);
  BOOST_TEST(count(world, "bob") == 1U);
  co_await world.stop();
}

Task<void> list_copies(World& world) {
  Submit request = World::to({"team@alpha.test"});
  ldapauth::RecipientAnswer& answer = world.answers["team@alpha.test"];
  answer.outcome = ldapauth::Outcome::found;
  ldapauth::GroupAction group;
  group.members = {"bob@alpha.test", "info@alpha.test", "far@else.test"};
  group.errors_to = "owner@alpha.test";
  answer.plan.groups.push_back(group);
  world.add_mailbox("bob@alpha.test", "bob");
  world.add_mailbox("info@alpha.test", "bob");  // two addresses, one mailbox: one copy
  world.start();
  const auto taken = co_await world.submit(std::move(request), letter);
  BOOST_REQUIRE(taken.has_value());
  const bool empty = co_await world.drained();
  BOOST_TEST(empty);
  BOOST_TEST(count(world, "bob") == 1U);
  BOOST_TEST(world.stored.at(0).text.starts_with("Return-Path: <owner@alpha.test>\r\nReceived: by mx\r\n"));
  BOOST_REQUIRE(world.attempts.size() == 1U);
  BOOST_TEST(world.attempts[0].sender == "owner@alpha.test");
  BOOST_TEST(world.sent[0] == letter.substr(letter.find("Received")));
  co_await world.stop();
}

Task<void> bounced(World& world) {
  Submit request = World::to({"gone@else.test", "fine@good.test"});
  world.add_mailbox("ann@land.test", "ann");
  world.on_attempt = [](const relay::Attempt& attempt) {
    const bool good = attempt.domain == "good.test";
    return answer_all(attempt, good ? relay::outcome::delivered : relay::outcome::permanent, "550 5.1.1 No such user");
  };
  world.start();
  const auto taken = co_await world.submit(std::move(request), letter);
  BOOST_REQUIRE(taken.has_value());
  const bool empty = co_await world.drained();
  BOOST_TEST(empty);
  BOOST_TEST_REQUIRE(count(world, "ann") == 1U);
  const std::string& notice = world.stored[0].text;
  BOOST_TEST(notice.starts_with("Return-Path: <>\r\n"));
  BOOST_TEST(notice.find("Final-Recipient: rfc822;gone@else.test") != std::string::npos);
  BOOST_TEST(notice.find("fine@good.test") == std::string::npos);
  BOOST_TEST(notice.find("\r\nSubject: hello\r\n") != std::string::npos);
  co_await world.stop();
}

Task<void> double_bounce(World& world) {
  Submit request = World::to({"gone@else.test"});
  world.add_mailbox("postmaster@alpha.test", "pm");
  world.on_attempt = [](const relay::Attempt& attempt) {
    return answer_all(attempt, relay::outcome::permanent, "550 5.1.1 No such user");
  };
  world.start();
  const auto taken = co_await world.submit(std::move(request), letter);
  BOOST_REQUIRE(taken.has_value());
  const bool empty = co_await world.drained();
  BOOST_TEST(empty);
  BOOST_TEST(count(world, "pm") == 1U);
  BOOST_TEST(world.attempts.size() == 2U);  // the message, and the notice to ann
  BOOST_TEST(world.attempts[1].sender.empty());
  co_await world.stop();
}

Task<void> outage(World& world) {
  Submit request = World::to({"bob@alpha.test"});
  world.add_mailbox("bob@alpha.test", "bob");
  world.directory_down = true;
  world.start();
  const auto taken = co_await world.submit(std::move(request), letter);
  BOOST_REQUIRE(taken.has_value());
  co_await loop::sleep(world.loop, std::chrono::milliseconds(1500));
  BOOST_TEST(world.stored.empty());
  world.directory_down = false;
  const bool empty = co_await world.drained();
  BOOST_TEST(empty);
  BOOST_TEST(count(world, "bob") == 1U);
  co_await world.stop();
}

Task<void> restarted(World& world) {
  Submit request = World::to({"bob@alpha.test", "far@else.test"});
  int refusals = 0;
  world.add_mailbox("bob@alpha.test", "bob");
  world.on_attempt = [&refusals](const relay::Attempt& attempt) {
    const bool later = refusals++ == 0;
    return answer_all(attempt, later ? relay::outcome::temporary : relay::outcome::delivered, "451 4.2.0 Later");
  };
  world.start();
  const auto taken = co_await world.submit(std::move(request), letter);
  BOOST_REQUIRE(taken.has_value());
  co_await loop::sleep(world.loop, std::chrono::milliseconds(500));
  BOOST_TEST(refusals == 1);
  co_await world.stop();
  world.start();
  const bool empty = co_await world.drained();
  BOOST_TEST(empty);
  BOOST_TEST(refusals == 2);
  BOOST_TEST(count(world, "bob") == 1U);
  co_await world.stop();
}

Task<void> expired(World& world) {
  Submit request = World::to({"far@else.test"});
  world.settings.queue.lifetime_seconds = 2;
  world.add_mailbox("ann@land.test", "ann");
  world.on_attempt = [](const relay::Attempt& attempt) {
    return answer_all(attempt, relay::outcome::temporary, "451 4.2.0 Later");
  };
  world.start();
  const auto taken = co_await world.submit(std::move(request), letter);
  BOOST_REQUIRE(taken.has_value());
  const bool empty = co_await world.drained();
  BOOST_TEST(empty);
  BOOST_REQUIRE(count(world, "ann") == 1U);
  BOOST_TEST(world.stored[0].text.find("Status: 4.4.7") != std::string::npos);
  co_await world.stop();
}

Task<void> store_refuses(World& world) {
  Submit request = World::to({"bob@alpha.test", "carl@alpha.test"});
  int calls = 0;
  world.add_mailbox("bob@alpha.test", "bob");
  world.add_mailbox("carl@alpha.test", "carl");
  world.on_deliver = [&calls](const store::DeliverRecipient& to) {
    store::DeliverResult result;
    result.delivered = to.account.uid == "bob" || calls++ > 0;
    result.condition = static_cast<std::uint8_t>(Condition::over_quota);
    return result;
  };
  world.start();
  const auto taken = co_await world.submit(std::move(request), letter);
  BOOST_REQUIRE(taken.has_value());
  const bool empty = co_await world.drained();
  BOOST_TEST(empty);
  BOOST_TEST(count(world, "bob") == 1U);
  BOOST_TEST(count(world, "carl") == 1U);
  co_await world.stop();
}

Task<void> operator_commands(World& world) {
  Submit request = World::to({"far@else.test"});
  const std::string id = queue_id_of(request.transaction);
  world.settings.queue.retry_first_seconds = 3600;
  world.settings.queue.retry_max_seconds = 3600;
  world.on_attempt = [](const relay::Attempt& attempt) {
    return answer_all(attempt, relay::outcome::temporary, "451 4.2.0 Later");
  };
  world.start();
  const auto taken = co_await world.submit(std::move(request), letter);
  BOOST_REQUIRE(taken.has_value());
  co_await loop::sleep(world.loop, std::chrono::milliseconds(500));
  QueueList list;
  const auto page = co_await world.client->call(list, World::soon());
  BOOST_REQUIRE((page && page->messages.size() == 1U));
  BOOST_TEST(page->messages[0].recipients.at(0).state == "waiting");
  BOOST_TEST(page->messages[0].recipients.at(0).last_reply == "451 4.2.0 Later");
  QueueFlush flush;
  const auto flushed = co_await world.client->call(flush, World::soon());
  BOOST_TEST((flushed && flushed->affected == 1U));
  co_await loop::sleep(world.loop, std::chrono::milliseconds(500));
  BOOST_TEST(world.attempts.size() == 2U);
  QueueRemove remove;
  remove.queue_id = id;
  const auto removed = co_await world.client->call(remove, World::soon());
  BOOST_TEST((removed && removed->affected == 1U));
  const bool empty = co_await world.drained();
  BOOST_TEST(empty);
  BOOST_TEST(world.attempts.size() == 2U);  // and no notice
  co_await world.stop();
}

Task<void> refused_submissions(World& world) {
  Submit nobody = World::to({});
  Submit wrong_hash = World::to({"far@else.test"}, 2);
  wrong_hash.sha256 = std::string(32, 'x');
  world.start();
  const auto first = co_await world.submit(std::move(nobody), letter);
  BOOST_REQUIRE(!first.has_value());
  BOOST_TEST((first.error().kind == Kind::permanent));
  const auto second = co_await world.submit(std::move(wrong_hash), letter);
  BOOST_REQUIRE(!second.has_value());
  BOOST_TEST((second.error().kind == Kind::temporary));
  co_await world.stop();
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(server, World)

BOOST_AUTO_TEST_CASE(local_and_remote_recipients_get_one_copy_each) { run(*this, mixed); }
BOOST_AUTO_TEST_CASE(a_repeated_transaction_is_answered_and_not_delivered_again) { run(*this, repeated); }
BOOST_AUTO_TEST_CASE(members_of_a_list_get_copies_with_its_return_path) { run(*this, list_copies); }
BOOST_AUTO_TEST_CASE(a_permanent_refusal_comes_back_as_a_notice) { run(*this, bounced); }
BOOST_AUTO_TEST_CASE(a_notice_that_fails_goes_to_the_postmaster) { run(*this, double_bounce); }
BOOST_AUTO_TEST_CASE(a_directory_outage_delays_mail_and_bounces_nothing) { run(*this, outage); }
BOOST_AUTO_TEST_CASE(after_a_restart_only_what_is_open_is_done) { run(*this, restarted); }
BOOST_AUTO_TEST_CASE(mail_that_is_too_old_comes_back) { run(*this, expired); }
BOOST_AUTO_TEST_CASE(a_full_mailbox_delays_its_own_copy_only) { run(*this, store_refuses); }
BOOST_AUTO_TEST_CASE(operators_see_flush_and_remove_messages) { run(*this, operator_commands); }
BOOST_AUTO_TEST_CASE(what_is_not_a_message_is_refused) { run(*this, refused_submissions); }

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mailtree::queue
