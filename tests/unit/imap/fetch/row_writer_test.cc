// SPDX-License-Identifier: Apache-2.0
// Items that stand in the index row (RFC 3501 section 7.4.2, RFC 8474 section 5.3).
#include "imap/fetch/row_writer.h"

#include <boost/test/unit_test.hpp>

using namespace mailtree;
using namespace mailtree::imap;

namespace {

std::string written(const std::string& name, const store::MessageRow& row) {
  Decoder in(name);
  std::vector<FetchItem> items;
  BOOST_REQUIRE_MESSAGE(read_fetch_items(in, items) && in.end(), name);
  BOOST_REQUIRE_EQUAL(items.size(), 1U);
  BOOST_TEST(!needs_message(items[0]));
  BOOST_TEST(!sets_seen(items[0]));
  std::string out;
  append_row_item(out, items[0], row, store::FolderRow{}, false);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(row_writer)

BOOST_AUTO_TEST_CASE(object_ids_stand_in_parentheses) {
  store::MessageRow row;
  row.unique.fill(0);
  row.thread = 0x64b478a75b7ea9;
  BOOST_TEST(written("emailid", row) == "EMAILID (Maaaaaaaaaaaaaaaaaaaa)");
  BOOST_TEST(written("THREADID", row) == "THREADID (T0064b478a75b7ea9)");
}

BOOST_AUTO_TEST_CASE(a_message_without_a_known_thread_has_nil) {
  BOOST_TEST(written("THREADID", store::MessageRow{}) == "THREADID NIL");
}

BOOST_AUTO_TEST_SUITE_END()
