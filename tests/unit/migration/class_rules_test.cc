// SPDX-License-Identifier: Apache-2.0
// Entries whose classes OpenLDAP refuses.
#include <boost/test/unit_test.hpp>

#include "imported.h"

namespace mailtree::test {
namespace {

BOOST_AUTO_TEST_SUITE(class_rules)

BOOST_AUTO_TEST_CASE(a_group_without_members_by_name_gets_a_class_that_allows_it) {
  const auto result =
      imported({"dn: cn=g,o=isp\nobjectClass: top\nobjectClass: groupOfUniqueNames\n"
                "objectClass: inetMailGroup\ncn: g\nmgrpRFC822MailMember: b@x.test\n"});
  BOOST_TEST(result.told("attribute objectClass: removed: it demands a uniqueMember; mailtreeGroup takes its place"));
  BOOST_TEST(result.loaded("objectClass: mailtreeGroup"));
  BOOST_TEST(!result.loaded("groupOfUniqueNames"));
  BOOST_TEST(result.complete);
}

BOOST_AUTO_TEST_CASE(a_group_of_urls_keeps_its_url_beside_another_structural_class) {
  const auto result =
      imported({"dn: cn=g,o=isp\nobjectClass: groupOfURLs\nobjectClass: groupOfUniqueNames\n"
                "objectClass: inetMailGroup\ncn: g\nuniqueMember: uid=a,o=isp\n"
                "memberURL: ldap:///o=isp??sub?(uid=*)\n"});
  BOOST_TEST(result.loaded("objectClass: groupOfUniqueNames"));
  BOOST_TEST(!result.loaded("groupOfURLs"));
  BOOST_TEST(result.loaded("memberURL: ldap:///o=isp??sub?(uid=*)"));
}

BOOST_AUTO_TEST_CASE(a_4x_mail_group_that_was_structural_gets_a_structural_class) {
  const auto result = imported({"dn: cn=g,o=isp\nobjectclass: top\nobjectclass: mailGroup\ncn: g\nmail: g@x.test\n"});
  BOOST_TEST(result.told("attribute objectClass: added: \"mailtreeGroup\": an entry needs a structural class"));
}

BOOST_AUTO_TEST_CASE(of_two_structural_classes_the_one_that_names_the_entry_is_kept) {
  const auto result = imported({"dn: o=x,o=isp\nobjectClass: domain\nobjectClass: organization\no: x\ndc: x\n"});
  BOOST_TEST(result.loaded("objectClass: organization"));
  BOOST_TEST(!result.loaded("objectClass: domain\n"));
  BOOST_TEST(result.loaded("objectClass: dcObject"));
  BOOST_TEST(result.loaded("dc: x"));
}

BOOST_AUTO_TEST_CASE(what_classes_demand_is_taken_from_the_entry_if_it_is_there) {
  const auto result = imported({"dn: uid=a,o=isp\nobjectClass: inetOrgPerson\ncn: Anna Seghers\n"});
  BOOST_TEST(result.loaded("sn: Seghers"));
  BOOST_TEST(result.loaded("uid: a"));
  BOOST_TEST(result.told("attribute uid: added: \"a\": it is part of the entry's name"));
  const auto lacking =
      imported({"dn: cn=s,o=isp\nobjectClass: applicationProcess\nobjectClass: simpleSecurityObject\ncn: s\n"});
  BOOST_TEST(lacking.told("entry cn=s,o=isp, line 1: left out: its classes demand the attribute userPassword"));
  BOOST_TEST(lacking.counts.left_out == 1U);
}

BOOST_AUTO_TEST_CASE(an_attribute_that_no_class_allows_gets_a_harmless_class_or_is_left_out) {
  const auto result =
      imported({"dn: uid=a,o=isp\nobjectClass: inetOrgPerson\nuid: a\ncn: A\nsn: A\n"
                "inetUserStatus: active\nmailQuota: 20M\n"});
  BOOST_TEST(
      result.told("attribute objectClass: added: \"inetUser\": no other class of the entry allows inetUserStatus"));
  BOOST_TEST(result.told("attribute mailQuota: left out: no class of the entry allows it\n    mailQuota: 20M\n"));
  BOOST_TEST(!result.loaded("inetMailUser"));
}

BOOST_AUTO_TEST_CASE(roles_tombstones_and_settings_of_the_old_server_are_not_loaded) {
  const auto result =
      imported({"dn: cn=r,o=isp\nobjectClass: ldapSubEntry\nobjectClass: nsRoleDefinition\ncn: r\n\n"
                "dn: o=NetscapeRoot\nobjectClass: organization\no: NetscapeRoot\n\n"
                "dn: cn=config\nobjectClass: top\ncn: config\n\n"
                "dn: o=isp\nobjectClass: organization\no: isp\n"});
  BOOST_TEST(result.counts.merged == 3U);
  BOOST_TEST(result.counts.loaded == 1U);
  BOOST_TEST(result.complete);
}

BOOST_AUTO_TEST_CASE(an_entry_of_unknown_classes_stays_only_as_a_place_for_others) {
  const auto result =
      imported({"dn: ou=services,o=isp\nobjectClass: top\nobjectClass: sunService\nou: services\n\n"
                "dn: o=isp\nobjectClass: organization\no: isp\n\n"
                "dn: ou=empty,o=isp\nobjectClass: top\nobjectClass: sunService\nou: empty\n\n"
                "dn: uid=a,ou=services,o=isp\nobjectClass: account\nuid: a\n"});
  BOOST_TEST(result.loaded("dn: ou=services,o=isp\nobjectClass: top\nou: services\nobjectClass: organizationalUnit\n"));
  BOOST_TEST(result.loaded("dn: uid=a,ou=services,o=isp\n"));
  BOOST_TEST(result.told("entry ou=empty,o=isp, line 10: left out: none of its classes is known"));
}

BOOST_AUTO_TEST_CASE(what_was_no_mail_user_before_is_noted) {
  const auto result =
      imported({"dn: uid=a,o=isp\nobjectClass: inetOrgPerson\nobjectClass: mailRecipient\nuid: a\ncn: A\nsn: A\n"});
  BOOST_TEST(result.told("note: mailRecipient without nsMessagingServerUser"));
  BOOST_TEST(result.complete);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace mailtree::test
