// SPDX-License-Identifier: Apache-2.0
// Signing in against a real slapd, with its access rules: SCRAM by verifiers in authPassword, passwords of
// applications.
#include "scram_client.h"
#include "talk.h"

using namespace mailtree;
using namespace mailtree::test;

namespace {

// Of the password "pencil" (RFC 7677 section 3).
const std::string verifier =
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
    "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
// "app-pass", by crypt(3).
const std::string app_hash =
    "{CRYPT}$6$rounds=1000$saltsalt$"
    "DzGUZOupab3F8FOIsfLfQs/mDZslzG8TYBbZLuueQgMDyIDR0rZBSxvLzggSuecx0gSY3GKp60R3fGMKPc4ZG/";

std::string dn_of(const std::string& uid) { return "uid=" + uid + ",ou=People,o=alpha.test,o=mailtree"; }

void give_verifier(const std::string& uid) {
  slapd().modify("dn: " + dn_of(uid) + "\nchangetype: modify\nadd: objectClass\n" +
                 "objectClass: mailtreeVerifierHolder\n-\nadd: authPassword\nauthPassword: " + verifier + "\n\n");
}

// What a whole exchange came to, and how many challenges the client saw.
struct Ended {
  SaslReply reply;
  int challenges = 0;
  std::string first_challenge;
};

Task<Ended> scram(Talk& talk, std::string user, std::string password, bool tls = false) {
  Ended ended;
  const std::string type = tls ? "tls-exporter" : "", data = tls ? "0123456789abcdef" : "";
  const std::string offered = tls ? "SCRAM-SHA-256-PLUS SCRAM-SHA-256" : "SCRAM-SHA-256";
  ScramClient client(user, password, offered, type, data);
  SaslStart start;
  start.peer.service = "imap";
  start.peer.peer_address = "127.0.0.1";
  start.peer.tls = tls;
  start.channel_binding_type = type;
  start.channel_binding_data = data;
  start.has_initial_response = true;
  start.initial_response = client.first();
  start.mechanism = client.mechanism();
  ended.reply = co_await talk.client->sasl_start(std::move(start));
  while (ended.reply.state == SaslState::proceed) {
    if (ended.challenges++ == 0) ended.first_challenge = ended.reply.challenge;
    std::string answer = client.answer(ended.reply.challenge);
    ended.reply = co_await talk.client->sasl_step(ended.reply.exchange, std::move(answer));
  }
  if (ended.reply.state == SaslState::ok) BOOST_TEST(client.satisfied());
  co_return std::move(ended);
}

// The salt of "r=…,s=…,i=…".
std::string salt_in(const std::string& challenge) {
  const std::size_t begin = challenge.find(",s=") + 3;
  return challenge.substr(begin, challenge.find(",i=") - begin);
}

Task<SaslState> state_of(Talk& talk, std::string user, std::string password, std::string service) {
  CheckPassword request;
  request.peer.service = std::move(service);
  request.peer.peer_address = "127.0.0.1";
  request.login = std::move(user);
  request.password = std::move(password);
  const SaslReply reply = co_await talk.client->check_password(std::move(request));
  co_return reply.state;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sign_in_with_slapd)

Task<void> scram_sign_in(Talk& talk) {
  Ended ended;
  slapd().modify(new_user("pen", "alpha.test"));
  give_verifier("pen");
  for (const char* name : {"pen", "Pen@alpha.test", "pen@alpha-alias.test"}) {
    ended = co_await scram(talk, name, "pencil");
    BOOST_TEST((ended.reply.state == SaslState::ok), name << ": " << ended.reply.detail);
    BOOST_TEST(ended.reply.account.name() == "pen@alpha.test");
  }
  ended = co_await scram(talk, "pen", "pencil", true);
  BOOST_TEST((ended.reply.state == SaslState::ok), ended.reply.detail);
  // A status decides about SCRAM as about every other way.
  slapd().modify(replace(dn_of("pen"), "mailUserStatus", "inactive"));
  co_await loop::sleep(talk.loop, milliseconds(900));
  ended = co_await scram(talk, "pen", "pencil");
  BOOST_TEST((ended.reply.state == SaslState::refused));
  slapd().modify(replace(dn_of("pen"), "mailUserStatus", "active"));
  slapd().modify(replace(dn_of("pen"), "mailAllowedServiceAccess", "+pop:*"));
  co_await loop::sleep(talk.loop, milliseconds(900));
  ended = co_await scram(talk, "pen", "pencil");
  BOOST_TEST((ended.reply.state == SaslState::refused));
}
BOOST_AUTO_TEST_CASE(a_verifier_signs_in_and_the_status_is_obeyed) { Talk().run(scram_sign_in); }

Task<void> nobody_is_told(Talk& talk) {
  Ended ended, again;
  slapd().modify(new_user("quill", "alpha.test") + new_user("bare", "alpha.test"));
  give_verifier("quill");
  std::vector<std::string> salts;
  for (const char* name : {"quill", "bare", "no-such-user", "quill@no-such-domain.test"}) {
    ended = co_await scram(talk, name, "wrong");
    again = co_await scram(talk, name, "wrong");
    BOOST_TEST((ended.reply.state == SaslState::failed), name);
    BOOST_TEST(ended.challenges == 1, name);
    BOOST_TEST(salt_in(ended.first_challenge) == salt_in(again.first_challenge), name);
    BOOST_TEST(salt_in(ended.first_challenge).size() == 24U, name);
    BOOST_TEST(ended.first_challenge.ends_with(",i=4096"), ended.first_challenge);
    salts.push_back(salt_in(ended.first_challenge));
  }
  BOOST_TEST(salts[0] == "W22ZaJ0SNY7soEsUEjb6gQ==");
  BOOST_TEST(salts[1] != salts[2]);
  // All spellings of a user that exists have one salt: so have those of one that does not.
  ended = co_await scram(talk, "No-Such-User@alpha-alias.test", "wrong");
  BOOST_TEST(salt_in(ended.first_challenge) == salts[2]);
  // The own password of a user without a verifier is no proof here.
  ended = co_await scram(talk, "bare", "first");
  BOOST_TEST((ended.reply.state == SaslState::failed));
}
BOOST_AUTO_TEST_CASE(unknown_users_and_wrong_passwords_look_alike) { Talk().run(nobody_is_told); }

Task<void> changed_password(Talk& talk) {
  Ended ended;
  slapd().modify(new_user("old", "alpha.test"));
  give_verifier("old");
  ended = co_await scram(talk, "old", "pencil");
  BOOST_TEST((ended.reply.state == SaslState::ok));
  slapd().modify(replace(dn_of("old"), "userPassword", "second"));
  ended = co_await scram(talk, "old", "pencil");
  BOOST_TEST((ended.reply.state == SaslState::failed));
  BOOST_TEST(ended.reply.detail.find("password changed since") != std::string::npos, ended.reply.detail);
  slapd().modify(replace(dn_of("old"), "mailtreeVerifierTime", "20200101000000Z"));
  ended = co_await scram(talk, "old", "pencil");
  BOOST_TEST((ended.reply.state == SaslState::failed));
  slapd().modify(replace(dn_of("old"), "mailtreeVerifierTime", "20990101000000Z"));
  ended = co_await scram(talk, "old", "pencil");
  BOOST_TEST((ended.reply.state == SaslState::ok), ended.reply.detail);
  slapd().modify("dn: " + dn_of("old") + "\nchangetype: modify\ndelete: authPassword\n\n");
  ended = co_await scram(talk, "old", "pencil");
  BOOST_TEST((ended.reply.state == SaslState::failed));
}
BOOST_AUTO_TEST_CASE(the_verifier_of_an_old_password_counts_no_longer) { Talk().run(changed_password); }

Task<void> binding_rules(Talk& talk) {
  SaslMechanismsReply offered;
  PeerFacts peer;
  peer.service = "imap";
  peer.peer_address = "192.0.2.1";
  offered = co_await talk.client->sasl_mechanisms(peer);
  BOOST_TEST(offered.mechanisms.empty());
  peer.tls = true;
  offered = co_await talk.client->sasl_mechanisms(peer);
  const std::vector<std::string> all{"SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN",
                                     "LOGIN"};
  BOOST_TEST(offered.mechanisms == all, boost::test_tools::per_element());
  peer.tls = false;
  peer.peer_address = "127.0.0.1";
  offered = co_await talk.client->sasl_mechanisms(peer);
  BOOST_TEST(offered.mechanisms.front() == "SCRAM-SHA-256");
  SaslStart start;
  start.peer = peer;
  start.peer.tls = true;
  start.mechanism = "SCRAM-SHA-256-PLUS";
  SaslReply reply = co_await talk.client->sasl_start(start);
  BOOST_TEST((reply.state == SaslState::unknown_mechanism));
}
BOOST_AUTO_TEST_CASE(channel_binding_is_offered_over_tls_only) { Talk().run(binding_rules); }

Task<void> outage(Talk& talk) {
  Ended ended;
  ended = co_await scram(talk, "user01", "wrong");
  BOOST_TEST((ended.reply.state == SaslState::failed));
  slapd().stop();
  for (const char* name : {"user01", "no-such-user"}) {
    ended = co_await scram(talk, name, "pencil");
    BOOST_TEST((ended.reply.state == SaslState::unavailable), name);
  }
  slapd().start();
  const milliseconds waited = co_await talk.until("user01@alpha.test", Outcome::found);
  BOOST_TEST(waited.count() < 5000);
}
BOOST_AUTO_TEST_CASE(an_outage_is_temporary_for_every_name) { Talk().run(outage); }

Task<void> app_passwords(Talk& talk) {
  SaslState state = SaslState::unavailable;
  const std::string phone = "cn=phone," + dn_of("apps");
  slapd().modify(new_user("apps", "alpha.test") + "dn: " + phone + "\nobjectClass: mailtreeAppPassword\ncn: phone\n" +
                 "mailtreePasswordScope: imap, smtp\nuserPassword: " + app_hash + "\n\n");
  co_await talk.wait_subscribed();
  for (int i = 0; i < 2; ++i) {  // the second time remembered, and no wider for that
    state = co_await state_of(talk, "apps", "app-pass", "imap");
    BOOST_TEST((state == SaslState::ok));
    state = co_await state_of(talk, "apps", "app-pass", "pop");
    BOOST_TEST((state == SaslState::failed));
    state = co_await state_of(talk, "apps", "app-pass", "smtp");
    BOOST_TEST((state == SaslState::ok));
    state = co_await state_of(talk, "apps", "first", "pop");
    BOOST_TEST((state == SaslState::ok));
    state = co_await state_of(talk, "apps", "app-past", "imap");
    BOOST_TEST((state == SaslState::failed));
  }
  state = co_await state_of(talk, "user01", "app-pass", "imap");
  BOOST_TEST((state == SaslState::failed));
  slapd().modify(replace(phone, "mailtreePasswordExpires", "20200101000000Z"));
  co_await loop::sleep(talk.loop, milliseconds(900));
  state = co_await state_of(talk, "apps", "app-pass", "imap");
  BOOST_TEST((state == SaslState::failed));
  slapd().modify(replace(phone, "mailtreePasswordExpires", "20990101000000Z"));
  state = co_await state_of(talk, "apps", "app-pass", "imap");
  BOOST_TEST((state == SaslState::ok));
  slapd().modify("dn: " + phone + "\nchangetype: delete\n");
  co_await loop::sleep(talk.loop, milliseconds(900));
  state = co_await state_of(talk, "apps", "app-pass", "imap");
  BOOST_TEST((state == SaslState::failed));
  state = co_await state_of(talk, "apps", "first", "imap");
  BOOST_TEST((state == SaslState::ok));
}
BOOST_AUTO_TEST_CASE(a_password_of_an_application_opens_its_services) { Talk().run(app_passwords); }

Task<void> locked(Talk& talk) {
  Ended ended;
  SaslState state = SaslState::unavailable;
  slapd().modify(new_user("shut", "alpha.test") + "dn: cn=tv," + dn_of("shut") +
                 "\nobjectClass: mailtreeAppPassword\ncn: tv\nuserPassword: " + app_hash + "\n\n");
  give_verifier("shut");
  ended = co_await scram(talk, "shut", "pencil");
  BOOST_TEST((ended.reply.state == SaslState::ok));
  co_await talk.wait_subscribed();
  state = co_await state_of(talk, "shut", "app-pass", "imap");
  BOOST_TEST((state == SaslState::ok));
  slapd().modify(replace(dn_of("shut"), "pwdAccountLockedTime", "000001010000Z"));
  co_await loop::sleep(talk.loop, milliseconds(900));
  ended = co_await scram(talk, "shut", "pencil");
  BOOST_TEST((ended.reply.state == SaslState::failed));
  state = co_await state_of(talk, "shut", "app-pass", "imap");
  BOOST_TEST((state == SaslState::failed));
}
BOOST_AUTO_TEST_CASE(what_the_directory_has_locked_stays_shut_without_a_bind_too) { Talk().run(locked); }

// Exit codes of ldapsearch and ldapwhoami, and what they show.
BOOST_AUTO_TEST_CASE(nobody_but_the_service_reads_secrets_and_an_application_cannot_bind) {
  slapd().modify(new_user("shy", "alpha.test") + "dn: cn=tv," + dn_of("shy") +
                 "\nobjectClass: mailtreeAppPassword\ncn: tv\nuserPassword: " + app_hash + "\n\n");
  give_verifier("shy");
  const auto seen_by = [](const std::string& dn, const std::string& password) {
    return shell("ldapsearch -LLL -x -H " + slapd().fact("ldapi") + " -D '" + dn + "' -w '" + password + "' -b '" +
                 dn_of("shy") + "' userPassword authPassword; true");
  };
  const std::string service = seen_by(slapd().fact("service_dn"), slapd().fact("service_password"));
  BOOST_TEST(service.find("authPassword") != std::string::npos);
  BOOST_TEST(service.find("userPassword") != std::string::npos);                                 // of cn=tv
  BOOST_TEST(service.find("userPassword") == service.rfind("userPassword"));                     // and only of it
  BOOST_TEST(service.find("userPassword") > service.find("cn=tv"), service);
  const std::string owner = seen_by(dn_of("shy"), "first");
  BOOST_TEST(owner.find("Password") == std::string::npos, owner);
  BOOST_TEST(owner.find("uid=shy") != std::string::npos, owner);
  const std::string bind = shell("ldapwhoami -x -H " + slapd().fact("ldapi") + " -D 'cn=tv," + dn_of("shy") +
                                 "' -w app-pass 2>&1; true");
  BOOST_TEST(bind.find("Invalid credentials") != std::string::npos, bind);
}

BOOST_AUTO_TEST_SUITE_END()
