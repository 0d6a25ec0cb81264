// SPDX-License-Identifier: Apache-2.0
// Domains of the layouts Schema 1, compatible and 4.x become those that the server looks for.
#include <boost/test/unit_test.hpp>

#include "imported.h"

namespace mailtree::test {
namespace {

const std::string tree =
    "dn: o=internet\nobjectClass: organization\no: internet\n\n"
    "dn: dc=test,o=internet\nobjectClass: domain\ndc: test\n\n";
const std::string organisation =
    "dn: o=isp\nobjectClass: organization\no: isp\n\ndn: o=x,o=isp\nobjectClass: organization\no: x\n";

std::string node(const std::string& name, const std::string& more) {
  return "dn: dc=" + name +
         ",dc=test,o=internet\nobjectClass: domain\nobjectClass: inetDomain\nobjectClass: mailDomain\n"
         "dc: " +
         name + "\n" + more + "\n";
}

BOOST_AUTO_TEST_SUITE(domain_plan)

BOOST_AUTO_TEST_CASE(a_node_of_the_domain_tree_becomes_part_of_the_organisation_it_points_to) {
  const auto result =
      imported({tree + node("x", "inetDomainBaseDN: o=X, o=isp\nmailDomainDiskQuota: 2G\n"), organisation});
  BOOST_TEST(
      result.loaded("dn: o=x,o=isp\nobjectClass: organization\no: x\nobjectClass: sunManagedOrganization\n"
                    "sunPreferredDomain: x.test\nobjectClass: inetDomain\nobjectClass: mailDomain\n"
                    "mailDomainDiskQuota: 2G\ninetDomainStatus: active\n"));
  BOOST_TEST(!result.loaded("o=internet"));
  BOOST_TEST(result.told("entry dc=x,dc=test,o=internet, line 9: merged: the domain x.test becomes part of o=x,o=isp"));
  BOOST_TEST(result.counts.merged == 3U);
  BOOST_TEST(result.complete);
}

BOOST_AUTO_TEST_CASE(a_domain_that_is_an_alias_becomes_another_name_of_its_target) {
  const auto result =
      imported({tree + node("x", "inetDomainBaseDN: o=x,o=isp\n") +
                    "dn: dc=y,dc=test,o=internet\nobjectClass: domain\nobjectClass: inetDomainAlias\ndc: y\n"
                    "aliasedObjectName: dc=x,dc=test,o=internet\n\n"
                    "dn: dc=z,dc=test,o=internet\nobjectClass: alias\nobjectClass: dcObject\ndc: z\n"
                    "aliasedObjectName: dc=y,dc=test,o=internet\n",
                organisation});
  BOOST_TEST(result.loaded("sunPreferredDomain: x.test\nassociatedDomain: y.test\nassociatedDomain: z.test\n"));
  BOOST_TEST(result.complete);
}

BOOST_AUTO_TEST_CASE(aliases_in_a_circle_or_of_nothing_are_left_out) {
  const auto result = imported({tree + "dn: dc=y,dc=test,o=internet\nobjectClass: inetDomainAlias\ndc: y\n"
                                       "aliasedObjectName: dc=z,dc=test,o=internet\n\n"
                                       "dn: dc=z,dc=test,o=internet\nobjectClass: inetDomainAlias\ndc: z\n"
                                       "aliasedObjectName: dc=y,dc=test,o=internet\n\n"
                                       "dn: cn=b,o=isp\nobjectClass: alias\nobjectClass: extensibleObject\ncn: b\n"
                                       "aliasedObjectName: uid=a,o=isp\n",
                                organisation});
  BOOST_TEST(result.counts.left_out == 3U);
  BOOST_TEST(result.told("left out: an alias of uid=a,o=isp, which is no domain; aliases are not followed"));
}

BOOST_AUTO_TEST_CASE(of_two_nodes_over_one_subtree_the_canonical_one_counts_and_the_other_is_a_name) {
  const auto result = imported(
      {tree +
           node("second", "inetDomainBaseDN: o=x,o=isp\ninetCanonicalDomainName: x.test\nmailRoutingHosts: h.test\n") +
           node("x", "inetDomainBaseDN: o=x,o=isp\ninetCanonicalDomainName: x.test\nmailDomainStatus: hold\n"),
       organisation});
  BOOST_TEST(result.loaded("sunPreferredDomain: x.test\nassociatedDomain: second.test\n"));
  BOOST_TEST(result.loaded("mailDomainStatus: hold"));
  BOOST_TEST(!result.loaded("mailRoutingHosts"));
  BOOST_TEST(result.told("attribute mailRoutingHosts: left out: a setting of second.test"));
}

BOOST_AUTO_TEST_CASE(the_organisations_status_of_all_services_counts_and_the_nodes_settings_of_mail) {
  const auto result = imported(
      {tree + node("x", "inetDomainBaseDN: o=x,o=isp\ninetDomainStatus: inactive\nmailDomainStatus: hold\n"),
       "dn: o=x,o=isp\nobjectClass: organization\nobjectClass: sunManagedOrganization\nobjectClass: mailDomain\no: x\n"
       "sunPreferredDomain: x.test\ninetDomainStatus: active\nmailDomainStatus: active\n"});
  BOOST_TEST(result.loaded("inetDomainStatus: active\nmailDomainStatus: hold\n"));
  BOOST_TEST(result.told("attribute mailDomainStatus: changed: \"hold\" from dc=x,dc=test,o=internet"));
  BOOST_TEST(result.told("attribute inetDomainStatus: removed: of dc=x,dc=test,o=internet"));
}

BOOST_AUTO_TEST_CASE(a_domain_whose_users_are_not_in_the_files_is_left_out) {
  const auto result = imported({tree + node("x", "inetDomainBaseDN: o=gone,o=isp\n"), organisation});
  BOOST_TEST(result.told("left out: its users are at o=gone,o=isp, which is not in the files"));
  BOOST_TEST(result.counts.left_out == 1U);
}

BOOST_AUTO_TEST_CASE(a_name_that_two_native_domains_claim_is_noted) {
  const std::string classes =
      "objectClass: organization\nobjectClass: sunManagedOrganization\ninetDomainStatus: active\n";
  const auto result = imported({"dn: o=a,o=isp\n" + classes +
                                "o: a\nsunPreferredDomain: a.test\n\n"
                                "dn: o=b,o=isp\n" +
                                classes + "o: b\nsunPreferredDomain: b.test\nassociatedDomain: A.test\n"});
  BOOST_TEST(result.told("attribute associatedDomain: note: the domain a.test belongs to another entry as well"));
}

BOOST_AUTO_TEST_CASE(domains_of_4x_come_from_organisations_named_like_them_or_from_the_operator) {
  const std::string users =
      "dn: o=isp\nobjectClass: organization\no: isp\n\n"
      "dn: o=x.test,o=isp\nobjectClass: organization\no: x.test\n\n"
      "dn: uid=a,o=x.test,o=isp\nobjectClass: inetOrgPerson\nobjectClass: mailRecipient\nobjectClass: "
      "nsMessagingServerUser\n"
      "uid: a\ncn: A\nsn: A\nmail: a@x.test\n\n"
      "dn: uid=b,o=isp\nobjectClass: inetOrgPerson\nobjectClass: mailRecipient\nobjectClass: nsMessagingServerUser\n"
      "uid: b\ncn: B\nsn: B\nmail: b@y.test\n";
  const auto result = imported({users});
  BOOST_TEST(result.loaded("o: x.test\nobjectClass: sunManagedOrganization\nsunPreferredDomain: x.test\n"));
  BOOST_TEST(result.told("note: 1 users have addresses in y.test, which no entry names"));
  migration::ImportOptions options;
  options.domains = {{"y.test", *migration::Dn::parse("o=isp")}, {"z.test", *migration::Dn::parse("o=isp")}};
  const auto named = imported({users}, options);
  BOOST_TEST(
      named.loaded("o: isp\nobjectClass: sunManagedOrganization\nsunPreferredDomain: y.test\n"
                   "associatedDomain: z.test\n"));
  BOOST_TEST(!named.told("which no entry names"));
  options.domains = {{"y.test", *migration::Dn::parse("o=nowhere")}};
  BOOST_TEST(imported({users}, options).error == "--domain y.test: o=nowhere is not in the files");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace mailtree::test
