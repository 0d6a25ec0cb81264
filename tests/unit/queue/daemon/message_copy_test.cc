// SPDX-License-Identifier: Apache-2.0
#include "queue/daemon/message_copy.h"

#include <boost/test/unit_test.hpp>

namespace mailtree::queue {

BOOST_AUTO_TEST_SUITE(message_copy)

BOOST_AUTO_TEST_CASE(a_list_copy_has_its_own_return_path_and_headers) {
  const std::string head =
      "Return-Path: <ann@land.test>\r\nReceived: from a\r\n\tby b\r\nReply-To: x\r\n folded\r\nSubject: s\r\n\r\n";
  const Variant variant{"owner@list.test", {"List-Id: <team>"}, {"reply-to"}};
  BOOST_TEST(edit_head(head, variant) ==
             "Return-Path: <owner@list.test>\r\nReceived: from a\r\n\tby b\r\nList-Id: <team>\r\nSubject: s\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(a_null_sender_gives_an_empty_return_path) {
  BOOST_TEST(edit_head("Subject: s\r\n\r\n", Variant{}) == "Return-Path: <>\r\nSubject: s\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(headers_of_the_directory_cannot_add_lines) {
  const Variant variant{"o@list.test", {"X: a\r\nBcc: evil@x.test"}, {}};
  BOOST_TEST(edit_head("Subject: s\r\n\r\n", variant) == "Return-Path: <o@list.test>\r\nSubject: s\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(only_a_line_at_the_front_is_the_return_path) {
  BOOST_TEST(return_path_length("Return-Path: <a@b>\r\nX: y\r\n") == 20U);
  BOOST_TEST(return_path_length("return-path: <>\nX: y\n") == 16U);
  BOOST_TEST(return_path_length("Received: x\r\nReturn-Path: <a@b>\r\n") == 0U);
  BOOST_TEST(return_path_length("Return-Path: <a@b>") == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mailtree::queue
