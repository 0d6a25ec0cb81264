// SPDX-License-Identifier: Apache-2.0
#include "migration/import.h"

#include <boost/test/unit_test.hpp>

#include "imported.h"

namespace mailtree::test {
namespace {

BOOST_AUTO_TEST_SUITE(import_of_files)

BOOST_AUTO_TEST_CASE(parents_come_before_children_whatever_the_order_of_entries_and_files) {
  const auto result =
      imported({"dn: uid=a,ou=P,o=isp\nobjectClass: account\nuid: a\n\n"
                "dn: ou=P, o=isp\nobjectClass: organizationalUnit\nou: P\n",
                "dn: uid=b,ou=P,o=isp\nobjectClass: account\nuid: b\n\n"
                "dn: o=isp\nobjectClass: organization\no: isp\n"});
  const auto at = [&](const char* name) { return result.ldif.find(name); };
  BOOST_TEST(at("dn: o=isp") < at("dn: ou=P,o=isp"));
  BOOST_TEST(at("dn: ou=P,o=isp") < at("dn: uid=a"));
  BOOST_TEST(at("dn: uid=a") < at("dn: uid=b"));
  BOOST_TEST(result.counts.loaded == 4U);
}

BOOST_AUTO_TEST_CASE(an_entry_twice_without_a_place_or_without_a_name_is_left_out_and_counted) {
  const auto result =
      imported({"dn: o=isp\nobjectClass: organization\no: isp\n\n"
                "dn: O=ISP\nobjectClass: organization\no: isp\n\n"
                "dn: uid=a,ou=missing,o=isp\nobjectClass: account\nuid: a\n\n"
                "dn: no name\nobjectClass: account\nuid: a\n\n"
                "dn: o=x\nchangetype: delete\n"});
  BOOST_TEST(result.counts.read == 5U);
  BOOST_TEST(result.counts.left_out == 4U);
  BOOST_TEST(result.told("an entry of this name stands in /tmp/mailtree-ldif"));
  BOOST_TEST(result.told("its place ou=missing,o=isp is not in the files"));
  BOOST_TEST(result.told("entry no name, line 13: left out: no distinguished name"));
  BOOST_TEST(result.told("entry o=x, line 18: left out: a change record"));
  BOOST_TEST(!result.complete);
}

BOOST_AUTO_TEST_CASE(what_lies_beneath_an_entry_that_was_left_out_is_left_out_too) {
  const auto result =
      imported({"dn: cn=s,o=isp\nobjectClass: applicationProcess\nobjectClass: simpleSecurityObject\ncn: s\n\n"
                "dn: uid=a,cn=s,o=isp\nobjectClass: account\nuid: a\n"});
  BOOST_TEST(result.told("entry uid=a,cn=s,o=isp, line 6: left out: its place cn=s,o=isp was left out"));
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_read_ends_the_import) {
  migration::ImportOptions options;
  options.files = {"/nonexistent/export.ldif"};
  const auto schema = migration::SchemaTable::published();
  std::ostringstream out;
  migration::Report report(out, false);
  migration::NoTarget target;
  const auto done = migration::import_ldif(options, schema, target, report);
  BOOST_REQUIRE(!done);
  BOOST_TEST(done.error().detail == "/nonexistent/export.ldif: No such file or directory");
}

BOOST_AUTO_TEST_CASE(entries_that_fit_are_loaded_as_they_stood) {
  const std::string text =
      "dn: o=isp\nobjectClass: organization\no: isp\n\n"
      "dn: uid=a,o=isp\nobjectclass:account\nuid:a\ndescription;lang-de:: w6Q=\n\n";
  const auto result = imported({text});
  BOOST_TEST(result.counts.loaded == 2U);
  BOOST_TEST(result.ldif ==
             "dn: o=isp\nobjectClass: organization\no: isp\n\n"
             "dn: uid=a,o=isp\nobjectclass: account\nuid: a\ndescription;lang-de:: w6Q=\n\n");
  BOOST_TEST(result.report ==
             "read 2 entries = loaded 2 + changed 0 + merged 0 + present 0 + replaced 0 + differing 0 + left out 0; "
             "lines left out 0; notes 0\n");
}

BOOST_AUTO_TEST_CASE(what_many_entries_share_is_noted_once_with_their_number) {
  std::string text = "dn: o=isp\nobjectClass: organization\no: isp\n\n";
  for (const char* const uid : {"a", "b"})
    text += std::string("dn: uid=") + uid +
            ",o=isp\nobjectClass: inetOrgPerson\nobjectClass: inetMailUser\n"
            "objectClass: inetLocalMailRecipient\nuid: " +
            uid +
            "\ncn: A\nsn: A\nmailHost: Old.x.test\n"
            "mailMessageStore: primary\nmailDeliveryOption: mailbox\nmailDeliveryOption: autoreply\n\n";
  const auto result = imported({text});
  BOOST_TEST(result.told("note: 2 entries have the mailHost old.x.test: their mail goes there"));
  BOOST_TEST(
      result.told("note: 2 entries have the mailMessageStore primary: the new server needs [partitions.primary]"));
  BOOST_TEST(result.told("note: 2 entries have mailDeliveryOption: autoreply, which is not carried out"));
  BOOST_TEST(result.counts.loaded == 3U);
  BOOST_TEST(result.counts.notes == 3U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace mailtree::test
