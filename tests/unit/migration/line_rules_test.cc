// SPDX-License-Identifier: Apache-2.0
// Lines and values that OpenLDAP refuses, and what becomes of them.
#include <boost/test/unit_test.hpp>

#include "imported.h"

namespace mailtree::test {
namespace {

const std::string person =
    "dn: uid=a,o=isp\nobjectClass: inetOrgPerson\nobjectClass: inetUser\nobjectClass: inetMailUser\n"
    "objectClass: inetLocalMailRecipient\nuid: a\ncn: A\nsn: A\nmail: a@x.test\n";

BOOST_AUTO_TEST_SUITE(line_rules)

BOOST_AUTO_TEST_CASE(what_the_old_server_kept_for_itself_goes_without_being_missed) {
  const auto result =
      imported({person + "nsUniqueId: 1-2-3-4\ncreatorsName: cn=directory manager\nmodifyTimestamp: 20030101000000Z\n"
                         "passwordExpirationTime: 20380119031407Z\naci: (target=\"x\")\n"});
  BOOST_TEST(result.told("line 10: attribute nsUniqueId: removed: kept by the old server for itself"));
  BOOST_TEST(result.told("line 11: attribute creatorsName: removed: operational"));
  BOOST_TEST(result.told("line 14: attribute aci: removed: access rules are written differently"));
  BOOST_TEST(result.told("    aci: (target=\"x\")\n"));
  BOOST_TEST(!result.loaded("nsUniqueId"));
  BOOST_TEST(result.loaded("mail: a@x.test"));
  BOOST_TEST(result.counts.changed == 1U);
  BOOST_TEST(result.complete);
}

BOOST_AUTO_TEST_CASE(an_unknown_attribute_or_class_is_kept_out_and_told_with_its_whole_line) {
  const auto result = imported({person + "icsCalendar: a@x.test\nobjectClass: icsCalendarUser\n"});
  BOOST_TEST(
      result.told("entry uid=a,o=isp, line 10: attribute icsCalendar: left out: unknown attribute\n"
                  "    icsCalendar: a@x.test\n"));
  BOOST_TEST(
      result.told("line 11: attribute objectClass: left out: unknown class\n    objectClass: icsCalendarUser\n"));
  BOOST_TEST(!result.loaded("ics"));
  BOOST_TEST(result.counts.lines_left_out == 2U);
  BOOST_TEST(!result.complete);
  migration::ImportOptions options;
  options.dropped = {"icscalendar", "icscalendaruser"};
  const auto again = imported({person + "icsCalendar: a@x.test\nobjectClass: icsCalendarUser\n"}, options);
  BOOST_TEST(again.complete);
  BOOST_TEST(again.told("attribute icsCalendar: removed: as --drop says"));
}

BOOST_AUTO_TEST_CASE(empty_and_doubled_values_go_and_the_first_of_single_values_stays) {
  const auto result =
      imported({person + "mailForwardingAddress:\nmailAlternateAddress: b@x.test\nmailAlternateAddress: B@X.test\n"
                         "mailQuota: 20M\nmailQuota: 30M\n"});
  BOOST_TEST(result.told("attribute mailForwardingAddress: removed: empty value"));
  BOOST_TEST(result.told("line 12: attribute mailAlternateAddress: removed: the value of line 11 again"));
  BOOST_TEST(result.told("line 14: attribute mailQuota: left out: can have one value only"));
  BOOST_TEST(imported({person + "objectClass: INETUSER\n"}).told("the value of line 3 again"));
  BOOST_TEST(result.loaded("mailQuota: 20M"));
  BOOST_TEST(!result.loaded("30M"));
}

BOOST_AUTO_TEST_CASE(numbers_with_units_and_texts_in_dollars_survive) {
  const auto result = imported({person + "mailMsgQuota: -1\nmailAutoReplyText: gone$5\\24 and \\5c$bye\n"});
  BOOST_TEST(result.loaded("mailMsgQuota: -1\nmailAutoReplyText: gone$5\\24 and \\5c$bye\n"));
  BOOST_TEST(result.counts.loaded == 1U);
  BOOST_TEST(result.report.find("dry run") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(latin_1_becomes_utf8_and_other_values_that_do_not_fit_are_left_out) {
  const auto result =
      imported({"dn: uid=a,o=isp\nobjectClass: inetOrgPerson\nuid: a\ncn:: SsO8cmdlbnM=\nsn:: SvxyZ2Vucw==\n"
                "manager: Anna\nmail:: auRAeC50ZXN0\ntelephoneNumber: +49 30 @1\n"});
  BOOST_TEST(result.loaded("sn:: SsO8cmdlbnM="));
  BOOST_TEST(result.told("attribute sn: changed: no UTF-8; read as ISO 8859-1"));
  BOOST_TEST(result.told("attribute manager: left out: no distinguished name"));
  BOOST_TEST(result.told("attribute mail: left out: octets beyond ASCII"));
  BOOST_TEST(result.told("attribute telephoneNumber: left out: characters that this syntax has not"));
  BOOST_TEST(result.counts.lines_left_out == 3U);
}

BOOST_AUTO_TEST_CASE(a_locked_account_stays_locked) {
  const auto none = imported({person + "nsAccountLock: TRUE\n"});
  BOOST_TEST(none.loaded("inetUserStatus: inactive"));
  const auto active = imported({person + "inetUserStatus: active\nnsAccountLock: true\n"});
  BOOST_TEST(active.loaded("inetUserStatus: inactive"));
  const auto deleted = imported({person + "inetUserStatus: deleted\nnsAccountLock: true\n"});
  BOOST_TEST(deleted.loaded("inetUserStatus: deleted"));
  const auto open = imported({person + "nsAccountLock: false\n"});
  BOOST_TEST(!open.loaded("inetUserStatus"));
}

BOOST_AUTO_TEST_CASE(passwords_keep_their_hashes_and_strange_schemes_are_noted_without_the_value) {
  const auto result = imported({person + "userPassword: {clear}open sesame\n"});
  BOOST_TEST(result.loaded("userPassword: open sesame\n"));
  const auto strange = imported({person + "userPassword: {NS-MTA-MD5}0123secret\n"});
  BOOST_TEST(strange.loaded("{NS-MTA-MD5}0123secret"));
  BOOST_TEST(strange.told("note: a plain slapd knows no {NS-MTA-MD5}"));
  BOOST_TEST(!strange.told("0123secret"));
}

BOOST_AUTO_TEST_CASE(names_urls_and_hosts_move) {
  migration::ImportOptions options;
  options.moves.from = migration::Dn::parse("o=isp");
  options.moves.to = migration::Dn::parse("o=old,o=mailtree");
  options.moves.hosts["mail1.x.test"] = "mail.new.test";
  const auto result = imported(
      {person +
       "mailHost: Mail1.x.test\nmanager: uid=b, o=isp\nseeAlso: uid=b,o=elsewhere\n\n"
       "dn: cn=g,o=isp\nobjectClass: groupOfUniqueNames\nobjectClass: inetMailGroup\ncn: g\nuniqueMember: uid=a,o=isp\n"
       "memberURL: ldap:///o=isp??sub?(uid=*)\nmgrpErrorsTo: mailto:a@x.test\n"},
      options);
  BOOST_TEST(result.loaded("dn: uid=a,o=old,o=mailtree\n"));
  BOOST_TEST(result.loaded("mailHost: mail.new.test\nmanager: uid=b,o=old,o=mailtree\nseeAlso: uid=b,o=elsewhere\n"));
  BOOST_TEST(result.loaded("uniqueMember: uid=a,o=old,o=mailtree\n"));
  BOOST_TEST(result.loaded("memberURL: ldap:///o=old,o=mailtree??sub?(uid=*)\n"));
  BOOST_TEST(result.loaded("mgrpErrorsTo: mailto:a@x.test\n"));
  BOOST_TEST(result.told("attribute mailHost: changed: renamed to mail.new.test"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace mailtree::test
