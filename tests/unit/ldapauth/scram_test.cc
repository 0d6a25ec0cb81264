// SPDX-License-Identifier: Apache-2.0
// SCRAM: stored verifiers, who is named, decoys, and whole exchanges of Cyrus SASL's client with ours.
#include <boost/test/unit_test.hpp>

#include "ldapauth/daemon/sasl_exchange.h"
#include "ldapauth/daemon/scram.h"
#include "ldapauth/daemon/scram_decoy.h"
#include "memory_directory.h"
#include "scram_client.h"

using namespace mailtree::ldapauth;
using mailtree::test::make_entry;
using mailtree::test::ScramClient;
using State = SaslExchange::State;

namespace {

// The password "pencil" with the salts of RFC 5802 section 5 and RFC 7677 section 3.
const std::string sha1 = "SCRAM-SHA-1$4096:QSXCR+Q6sek8bf92$6dlGYMOdZcOPutkcNY8U2g7vK9Y=:D+CSWLOshSulAsxiupA+qs2/fTE=";
const std::string sha256 =
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
    "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

void load_sasl() {
  static const auto loaded = initialise_sasl({"PLAIN", "LOGIN", "SCRAM-SHA-256", "SCRAM-SHA-1"});
  BOOST_REQUIRE(loaded);
}

struct Outcome {
  State state = State::failed;
  bool server_proved = false;
  std::string login;
};

// The exchange of `client` with a server that has `verifier` for "user".
Outcome converse(ScramClient& client, const std::string& verifier, const std::string& binding_type = {},
                 const std::string& binding_data = {}) {
  load_sasl();
  Outcome outcome;
  SaslExchange server;
  const std::string first = client.first();
  const bool required = client.mechanism().ends_with("-PLUS");
  if (!binding_type.empty()) server.set_channel_binding(binding_type, binding_data, required);
  const auto name = scram_user_name(first);
  if (name) server.set_verifier(*name, verifier);
  auto step = server.start("imap", client.mechanism(), first);
  while (step.state == State::proceed) step = server.step(client.answer(step.challenge));
  outcome.state = step.state;
  outcome.server_proved = client.satisfied();
  if (step.state == State::claimed) {
    const Credentials credentials = server.take_credentials();
    outcome.login = credentials.login;
    BOOST_TEST((credentials.proof == Credentials::Proof::proved));
  }
  return outcome;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(scram)

BOOST_AUTO_TEST_CASE(the_examples_of_the_rfcs_sign_in_with_their_verifiers) {
  for (const auto& [mechanism, verifier] : {std::pair{"SCRAM-SHA-1", sha1}, std::pair{"SCRAM-SHA-256", sha256}}) {
    ScramClient client("user", "pencil", mechanism);
    const Outcome outcome = converse(client, verifier);
    BOOST_TEST((outcome.state == State::claimed), mechanism);
    BOOST_TEST(outcome.server_proved, mechanism);
    BOOST_TEST(outcome.login == "user");
  }
}

BOOST_AUTO_TEST_CASE(a_wrong_password_fails_at_the_last_step) {
  for (const auto& [mechanism, verifier] : {std::pair{"SCRAM-SHA-1", sha1}, std::pair{"SCRAM-SHA-256", sha256}}) {
    ScramClient client("user", "pencils", mechanism);
    BOOST_TEST((converse(client, verifier).state == State::failed), mechanism);
  }
}

BOOST_AUTO_TEST_CASE(a_decoy_looks_like_a_verifier_and_is_never_met) {
  ScramDecoy decoy;
  for (const std::string mechanism : {"SCRAM-SHA-1", "SCRAM-SHA-256"}) {
    const ScramVerifier made = decoy.make(mechanism, "user@x.test");
    BOOST_TEST(parse_verifier(made.print()).has_value());
    BOOST_TEST(made.print() == decoy.make(mechanism, "user@x.test").print());
    BOOST_TEST(made.salt != decoy.make(mechanism, "user2@x.test").salt);
    BOOST_TEST(made.salt != ScramDecoy().make(mechanism, "user@x.test").salt);
    ScramClient client("user", "pencil", mechanism);
    BOOST_TEST((converse(client, made.print()).state == State::failed), mechanism);
  }
  ScramVerifier real = *parse_verifier(sha1);
  real.iterations = 10'000;
  decoy.imitate(real);
  BOOST_TEST(decoy.make("SCRAM-SHA-256", "a").iterations == 10'000U);
  BOOST_TEST(decoy.make("SCRAM-SHA-256", "a").salt.size() == real.salt.size());
}

BOOST_AUTO_TEST_CASE(channel_binding_must_be_that_of_this_connection) {
  for (const std::string mechanism : {"SCRAM-SHA-1", "SCRAM-SHA-256"}) {
    const std::string& verifier = mechanism == "SCRAM-SHA-1" ? sha1 : sha256;
    const std::string offered = mechanism + "-PLUS " + mechanism;
    ScramClient good("user", "pencil", offered, "tls-exporter", "0123456789");
    BOOST_TEST((converse(good, verifier, "tls-exporter", "0123456789").state == State::claimed));
    BOOST_TEST(good.mechanism() == mechanism + "-PLUS");
    ScramClient relayed("user", "pencil", offered, "tls-exporter", "0123456789");
    BOOST_TEST((converse(relayed, verifier, "tls-exporter", "9876543210").state == State::failed));
    ScramClient other_type("user", "pencil", offered, "tls-unique", "0123456789");
    BOOST_TEST((converse(other_type, verifier, "tls-exporter", "0123456789").state == State::failed));
  }
}

// RFC 5802 section 6: the client can bind and was shown a list without -PLUS: somebody changed the list.
BOOST_AUTO_TEST_CASE(a_list_stripped_of_plus_on_the_way_is_found_out) {
  const std::string stripped = "SCRAM-SHA-256 PLAIN";
  ScramClient client("user", "pencil", stripped, "tls-exporter", "0123456789");
  BOOST_TEST((converse(client, sha256, "tls-exporter", "0123456789").state == State::failed));
  ScramClient innocent("user", "pencil", stripped, "tls-exporter", "0123456789");
  BOOST_TEST((converse(innocent, sha256).state == State::claimed));  // we have no binding and offered no -PLUS
}

BOOST_AUTO_TEST_CASE(the_name_is_read_as_the_grammar_says) {
  BOOST_TEST(scram_user_name("n,,n=user,r=abc").value_or("") == "user");
  BOOST_TEST(scram_user_name("y,,n=user@x.test,r=abc").value_or("") == "user@x.test");
  BOOST_TEST(scram_user_name("p=tls-exporter,a=boss,n=a=2Cb=3Dc,r=abc").value_or("") == "a,b=c");
  const std::string nul("n,,n=a\0b,r=c", 12);
  for (const std::string bad : {"", "n,,n=,r=abc", "n,,n=user", "n,n=user,r=abc", "x,,n=user,r=a", "n,,n=a=b,r=c",
                                "n,,m=x,n=user,r=abc", "n,,n=a=2c,r=d"})
    BOOST_TEST(!scram_user_name(bad), bad);
  BOOST_TEST(!scram_user_name(nul));
}

// The verifier belongs to the name it was looked up for: another name in the message gets none.
BOOST_AUTO_TEST_CASE(a_verifier_is_given_for_its_own_name_only) {
  load_sasl();
  ScramClient client("user", "pencil", "SCRAM-SHA-256");
  SaslExchange server;
  server.set_verifier("somebody else", sha256);
  BOOST_TEST((server.start("imap", "SCRAM-SHA-256", client.first()).state == State::failed));
}

BOOST_AUTO_TEST_CASE(malformed_messages_fail) {
  load_sasl();
  for (const std::string bad : {"", "n,,", "n,,n=user", "garbage", "n,,n=user,r=", "p=,,n=user,r=abc"}) {
    SaslExchange server;
    server.set_verifier("user", sha256);
    auto step = server.start("imap", "SCRAM-SHA-256", bad);
    if (step.state == State::proceed) step = server.step("c=biws,r=abc,p=AAAA");
    BOOST_TEST((step.state == State::failed), bad);
  }
}

BOOST_AUTO_TEST_CASE(verifiers_have_one_form) {
  BOOST_TEST(parse_verifier(sha256)->print() == sha256);
  BOOST_TEST(parse_verifier(" SCRAM-SHA-1 $ 4096 : QSXCR+Q6sek8bf92 $ 6dlGYMOdZcOPutkcNY8U2g7vK9Y= : "
                            "D+CSWLOshSulAsxiupA+qs2/fTE= ")->print() == sha1);
  for (const std::string bad :
       {"", "SCRAM-SHA-1", "SCRAM-SHA-1$4096:QSXCR+Q6sek8bf92", "MD5$a$b",
        // few or mad iterations, no salt, not base64, keys of another length
        "SCRAM-SHA-1$4095:QSXCR+Q6sek8bf92$6dlGYMOdZcOPutkcNY8U2g7vK9Y=:D+CSWLOshSulAsxiupA+qs2/fTE=",
        "SCRAM-SHA-1$99999999:QSXCR+Q6sek8bf92$6dlGYMOdZcOPutkcNY8U2g7vK9Y=:D+CSWLOshSulAsxiupA+qs2/fTE=",
        "SCRAM-SHA-1$-1:QSXCR+Q6sek8bf92$6dlGYMOdZcOPutkcNY8U2g7vK9Y=:D+CSWLOshSulAsxiupA+qs2/fTE=",
        "SCRAM-SHA-1$4096:$6dlGYMOdZcOPutkcNY8U2g7vK9Y=:D+CSWLOshSulAsxiupA+qs2/fTE=",
        "SCRAM-SHA-1$4096:QSXCR+Q6sek8bf92$6dlGYMOdZcOPutkcNY8U2g7vK9Y:D+CSWLOshSulAsxiupA+qs2/fTE=",
        "SCRAM-SHA-256$4096:QSXCR+Q6sek8bf92$6dlGYMOdZcOPutkcNY8U2g7vK9Y=:D+CSWLOshSulAsxiupA+qs2/fTE=",
        "SCRAM-SHA-512$4096:QSXCR+Q6sek8bf92$6dlGYMOdZcOPutkcNY8U2g7vK9Y=:D+CSWLOshSulAsxiupA+qs2/fTE="})
    BOOST_TEST(!parse_verifier(bad), bad);
}

BOOST_AUTO_TEST_CASE(of_several_values_the_one_for_the_mechanism_counts) {
  const Entry entry = make_entry("uid=a", {{"authPassword", "SCRAM-SHA-256$broken"},
                                           {"authPassword", "MD5$salt$value"},
                                           {"authPassword", sha1},
                                           {"authPassword", sha256}});
  const VerifierChoice choice = choose_verifier(entry, "SCRAM-SHA-256");
  BOOST_TEST(choice.verifier->print() == sha256);
  BOOST_TEST(choice.malformed == 1U);
  BOOST_TEST(choose_verifier(entry, "SCRAM-SHA-1").verifier->print() == sha1);
  const Entry broken = make_entry("uid=a", {{"authPassword", "SCRAM-SHA-256$broken"}});
  BOOST_TEST(choose_verifier(broken, "SCRAM-SHA-256").problem == "malformed verifier");
  BOOST_TEST(choose_verifier(make_entry("uid=a", {}), "SCRAM-SHA-256").problem == "no verifier");
}

BOOST_AUTO_TEST_CASE(a_verifier_older_than_the_password_does_not_count) {
  const auto counts = [](const char* made, const char* changed) {
    std::vector<std::pair<std::string, std::string>> values{{"authPassword", sha256}};
    if (*made != '\0') values.emplace_back("mailtreeVerifierTime", made);
    if (*changed != '\0') values.emplace_back("pwdChangedTime", changed);
    return choose_verifier(make_entry("uid=a", values), "SCRAM-SHA-256").verifier.has_value();
  };
  BOOST_TEST(counts("", ""));
  BOOST_TEST(counts("20261128090000Z", ""));
  BOOST_TEST(counts("20261128090000Z", "20261128090000Z"));
  BOOST_TEST(counts("20261128090001Z", "20261128090000Z"));
  BOOST_TEST(counts("20261128100000+0100", "20261128090000.5Z"));
  BOOST_TEST(!counts("20261128085959Z", "20261128090000Z"));
  BOOST_TEST(!counts("", "20261128090000Z"));
  BOOST_TEST(!counts("yesterday", "20261128090000Z"));
  BOOST_TEST(!counts("20261128090000Z", "unreadable"));
}

BOOST_AUTO_TEST_CASE(an_entry_locked_by_the_directory_has_no_verifier) {
  const auto counts = [](const char* locked) {
    const Entry entry = make_entry("uid=a", {{"authPassword", sha256}, {"pwdAccountLockedTime", locked}});
    return choose_verifier(entry, "SCRAM-SHA-256").verifier.has_value();
  };
  BOOST_TEST(!counts("000001010000Z"));    // by the administrator, for good
  BOOST_TEST(counts("20261128090000Z"));  // by wrong binds, for a time that only the directory knows
}

BOOST_AUTO_TEST_SUITE_END()
