// SPDX-License-Identifier: Apache-2.0
#include "migration/schema_table.h"

#include <boost/test/unit_test.hpp>

namespace mailtree::migration {
namespace {

BOOST_AUTO_TEST_SUITE(schema_table)

BOOST_AUTO_TEST_CASE(names_are_found_in_any_case_by_their_other_name_and_by_oid) {
  const SchemaTable schema = SchemaTable::published();
  BOOST_REQUIRE(schema.attribute("MAILHOST") != nullptr);
  BOOST_TEST(schema.attribute("mailhost")->name == "mailHost");
  BOOST_TEST(schema.attribute("2.16.840.1.113730.3.1.18") == schema.attribute("mailHost"));
  BOOST_TEST(schema.attribute("rfc822Mailbox") == schema.attribute("mail"));
  BOOST_TEST(schema.attribute("icsCalendar") == nullptr);
  BOOST_TEST(schema.object_class("INETMAILUSER")->name == "inetMailUser");
}

BOOST_AUTO_TEST_CASE(syntax_comes_from_the_superior_attribute) {
  const SchemaTable schema = SchemaTable::published();
  BOOST_TEST((schema.attribute("cn")->form == Form::text));
  BOOST_TEST(schema.attribute("cn")->ignores_case);
  BOOST_TEST((schema.attribute("owner")->form == Form::dn));
  BOOST_TEST((schema.attribute("uniqueMember")->form == Form::name_and_uid));
  BOOST_TEST((schema.attribute("mail")->form == Form::ia5));
}

BOOST_AUTO_TEST_CASE(what_the_server_writes_is_operational) {
  const SchemaTable schema = SchemaTable::published();
  for (const char* const name : {"creatorsName", "modifyTimestamp", "entryUUID", "subschemaSubentry"})
    BOOST_TEST((schema.attribute(name) != nullptr && schema.attribute(name)->operational), name);
  BOOST_TEST(!schema.attribute("memberOf")->operational);
}

BOOST_AUTO_TEST_CASE(classes_take_over_from_those_above_them) {
  const SchemaTable schema = SchemaTable::published();
  const Classes person = {schema.object_class("inetOrgPerson")};
  BOOST_TEST(schema.demanded(person).count(schema.attribute("sn")) == 1U);
  BOOST_TEST(schema.allows(person, *schema.attribute("telephoneNumber")));
  BOOST_TEST(!schema.allows(person, *schema.attribute("mailQuota")));
  BOOST_TEST(schema.is_below(*person[0], *schema.object_class("person")));
  BOOST_TEST(schema.demanded({schema.object_class("groupOfUniqueNames")}).count(schema.attribute("uniqueMember")) ==
             1U);
}

BOOST_AUTO_TEST_CASE(a_definition_that_cannot_be_read_is_named) {
  const auto table = SchemaTable::of({"( 1.2.3 NAME 'x'"}, {});
  BOOST_REQUIRE(!table);
  BOOST_TEST(table.error().detail.find("1.2.3") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace mailtree::migration
