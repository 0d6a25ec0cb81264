// SPDX-License-Identifier: Apache-2.0
#include "ldapauth/daemon/cache.h"

#include <boost/test/unit_test.hpp>

#include "ldapauth/daemon/filter.h"
#include "memory_directory.h"
#include "support/run_task.h"

using namespace mailtree::test;
using mailtree::loop::Loop;

namespace {

struct Fixture {
  Fixture() : cache(directory, options) {
    directory.entries = {make_user("a", "x.test"), make_user("b", "x.test")};
    cache.set_subscribed(true);
  }
  static Task<void> ask(Cache& cache, std::string filter, std::size_t& count, bool& available) {
    SearchRequest request;
    request.base = "o=mail";
    request.filter = std::move(filter);
    const SearchAnswer answer = co_await cache.search(std::move(request), Deadline::never());
    const auto* entries = std::get_if<std::shared_ptr<const Entries>>(&answer);
    available = entries != nullptr;
    count = available ? (*entries)->size() : 0;
  }
  std::size_t find(const std::string& uid) {
    std::size_t count = 0;
    run_task(loop, ask(cache, equals("uid", uid), count, available));
    return count;
  }

  Loop loop;
  MemoryDirectory directory;
  CacheOptions options;
  Cache cache;
  bool available = false;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(cache, Fixture)

BOOST_AUTO_TEST_CASE(an_answer_is_kept_until_its_entry_changes) {
  BOOST_TEST(find("a") == 1U);
  BOOST_TEST(find("a") == 1U);
  BOOST_TEST(directory.questions == 1);
  cache.entry_changed("uuid-b-x.test");
  BOOST_TEST(find("a") == 1U);
  BOOST_TEST(directory.questions == 1);
  cache.entry_changed("uuid-a-x.test");
  BOOST_TEST(find("a") == 1U);
  BOOST_TEST(directory.questions == 2);
}

BOOST_AUTO_TEST_CASE(no_such_entry_is_kept_until_any_entry_changes) {
  BOOST_TEST(find("new") == 0U);
  BOOST_TEST(find("new") == 0U);
  BOOST_TEST(directory.questions == 1);
  directory.entries.push_back(make_user("new", "x.test"));
  cache.entry_changed("uuid-new-x.test");
  BOOST_TEST(find("new") == 1U);
}

BOOST_AUTO_TEST_CASE(an_outage_is_never_kept) {
  directory.down = true;
  BOOST_TEST(find("a") == 0U);
  BOOST_TEST(!available);
  directory.down = false;
  BOOST_TEST(find("a") == 1U);
  BOOST_TEST(available);
}

BOOST_AUTO_TEST_CASE(losing_the_subscription_forgets_everything) {
  BOOST_TEST(find("a") == 1U);
  cache.set_subscribed(false);
  BOOST_TEST(cache.size() == 0U);
}

BOOST_AUTO_TEST_CASE(the_least_recently_used_answer_goes_first) {
  options.max_entries = 2;
  Cache small(directory, options);
  small.set_subscribed(true);
  std::size_t count = 0;
  for (const char* uid : {"a", "b", "a", "c", "a"})
    run_task(loop, ask(small, equals("uid", uid), count, available));
  BOOST_TEST(small.size() == 2U);
  BOOST_TEST(directory.questions == 3);
}

BOOST_AUTO_TEST_SUITE_END()
