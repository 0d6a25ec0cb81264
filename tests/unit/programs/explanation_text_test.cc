// SPDX-License-Identifier: Apache-2.0
#include "programs/explanation_text.h"

#include <boost/test/unit_test.hpp>

namespace mailtree::programs {
namespace {

using ldapauth::Explain;
using ldapauth::Explanation;
using ldapauth::Outcome;

Explanation to_mailbox() {
  Explanation explanation;
  explanation.outcome = Outcome::found;
  ldapauth::MailboxAction mailbox;
  mailbox.account.uid = "ann";
  mailbox.account.domain = "alpha.test";
  mailbox.account.dn = "uid=ann,o=mail";
  explanation.plan.mailboxes.push_back(mailbox);
  return explanation;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(explanation_text_suite)

BOOST_AUTO_TEST_CASE(what_is_not_known_is_a_temporary_answer_and_never_good) {
  const Explain request;
  const Explanation nothing;
  BOOST_TEST(reply_at_rcpt(nothing).starts_with("451 4.3.0"));
  BOOST_TEST(!is_good(request, nothing));
}

BOOST_AUTO_TEST_CASE(a_refusal_is_told_word_by_word) {
  Explanation explanation = to_mailbox();
  BOOST_TEST(is_good(Explain{}, explanation));
  explanation.plan = {};
  explanation.plan.refusal = {550, "5.2.1", "Mailbox disabled"};
  BOOST_TEST(reply_at_rcpt(explanation) == "550 5.2.1 Mailbox disabled");
  BOOST_TEST(!is_good(Explain{}, explanation));
}

BOOST_AUTO_TEST_CASE(a_user_who_may_use_no_service_is_not_good) {
  Explain request;
  request.question = ldapauth::Question::login;
  Explanation explanation;
  explanation.outcome = Outcome::found;
  explanation.services = {{"imap", false}, {"pop", false}};
  BOOST_TEST(!is_good(request, explanation));
  explanation.services[1].allowed = true;
  BOOST_TEST(is_good(request, explanation));
  BOOST_TEST(explanation_text(request, explanation).find("pop; closed: imap") != std::string::npos);
}

// What stands in the directory must not drive the terminal of who reads it.
BOOST_AUTO_TEST_CASE(control_octets_of_the_directory_reach_no_terminal) {
  Explain request;
  request.name = "ann\x1b[2J@alpha.test";
  Explanation explanation = to_mailbox();
  explanation.plan.mailboxes[0].account.status_word = "active\x1b]0;x\x07";
  explanation.plan.mailboxes[0].folder_hint = "Wo\nrk";
  explanation.searches.push_back({"o=mail", false, "(mail=\x01)", false, 1500, {"uid=\x02,o=mail"}, ""});
  for (const char c : explanation_text(request, explanation)) {
    BOOST_TEST((c == '\n' || static_cast<unsigned char>(c) >= ' '));
  }
  const std::string json = explanation_json(request, explanation);
  for (const char c : json) BOOST_TEST(static_cast<unsigned char>(c) >= ' ');
  BOOST_TEST(explanation_text(request, explanation).find("1. 1.5 ms, 1 entry") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(octets_that_are_no_utf_8_make_no_broken_json) {
  Explain request;
  request.name = "ann\xff@alpha.test";
  BOOST_TEST(!explanation_json(request, to_mailbox()).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mailtree::programs
