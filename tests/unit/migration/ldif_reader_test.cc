// SPDX-License-Identifier: Apache-2.0
// RFC 2849: its examples, and what exports do beyond it.
#include "migration/ldif_reader.h"

#include <boost/test/unit_test.hpp>
#include <sstream>

#include "migration/entry.h"

namespace mailtree::migration {
namespace {

using Record = std::variant<LdifEntry, LdifProblem>;

std::vector<Record> read_all(const std::string& text, LdifLimits limits = {}) {
  std::istringstream in(text);
  LdifReader reader(in, limits);
  std::vector<Record> out;
  while (auto record = reader.next()) out.push_back(std::move(*record));
  return out;
}

const LdifEntry& entry(const std::vector<Record>& records, std::size_t number) {
  BOOST_REQUIRE_GT(records.size(), number);
  const auto* const found = std::get_if<LdifEntry>(&records[number]);
  if (found == nullptr) BOOST_FAIL(std::get<LdifProblem>(records[number]).reason);
  return *found;
}

std::string problem(const std::vector<Record>& records, std::size_t number) {
  BOOST_REQUIRE_GT(records.size(), number);
  const auto* const found = std::get_if<LdifProblem>(&records[number]);
  return found == nullptr ? "" : std::to_string(found->line) + ": " + found->reason;
}

BOOST_AUTO_TEST_SUITE(ldif_reader)

BOOST_AUTO_TEST_CASE(example_1_of_rfc_2849_holds_two_entries) {
  const auto records = read_all(
      "version: 1\n"
      "dn: cn=Barbara Jensen, ou=Product Development, dc=airius, dc=com\n"
      "objectclass: top\n"
      "objectclass: person\n"
      "objectclass: organizationalPerson\n"
      "cn: Barbara Jensen\n"
      "cn: Barbara J Jensen\n"
      "cn: Babs Jensen\n"
      "sn: Jensen\n"
      "uid: bjensen\n"
      "telephonenumber: +1 408 555 1212\n"
      "description: A big sailing fan.\n"
      "\n"
      "dn: cn=Bjorn Jensen, ou=Accounting, dc=airius, dc=com\n"
      "objectclass: top\n"
      "cn: Bjorn Jensen\n"
      "telephonenumber: +1 408 555 1212\n");
  BOOST_TEST(records.size() == 2U);
  const LdifEntry& first = entry(records, 0);
  BOOST_TEST(first.dn == "cn=Barbara Jensen, ou=Product Development, dc=airius, dc=com");
  BOOST_TEST(first.line == 2U);
  BOOST_TEST(first.lines.size() == 10U);
  BOOST_TEST(first.lines[8].attribute == "telephonenumber");
  BOOST_TEST(first.lines[8].value == "+1 408 555 1212");
  BOOST_TEST(first.lines[8].line == 11U);
  BOOST_TEST(entry(records, 1).line == 14U);
}

BOOST_AUTO_TEST_CASE(example_2_of_rfc_2849_folds_a_value) {
  const auto records = read_all(
      "version: 1\n"
      "dn:cn=Barbara Jensen, ou=Product Development, dc=airius, dc=com\n"
      "cn:Barbara Jensen\n"
      "description:Babs is a big sailing fan, and travels extensively in sea\n"
      " rch of perfect sailing conditions.\n"
      "title:Product Manager, Rod and Reel Division\n");
  BOOST_TEST(entry(records, 0).lines[1].value ==
             "Babs is a big sailing fan, and travels extensively in search of perfect sailing conditions.");
  BOOST_TEST(entry(records, 0).lines[2].value == "Product Manager, Rod and Reel Division");
  BOOST_TEST(entry(records, 0).lines[2].line == 6U);
}

BOOST_AUTO_TEST_CASE(example_3_of_rfc_2849_holds_a_value_in_base64) {
  const auto records = read_all(
      "version: 1\n"
      "dn: cn=Gern Jensen, ou=Product Testing, dc=airius, dc=com\n"
      "uid: gernj\n"
      "description:: V2hhdCBhIGNhcmVmdWwgcmVhZGVyIHlvdSBhcmUhICBUaGlzIHZhbHVl\n"
      " IGlzIGJhc2UtNjQtZW5jb2RlZCBiZWNhdXNlIGl0IGhhcyBhIGNvbnRyb2wgY2hhcmFjdG\n"
      " VyIGluIGl0IChhIENSKS4NICBCeSB0aGUgd2F5LCB5b3Ugc2hvdWxkIHJlYWxseSBnZXQg\n"
      " b3V0IG1vcmUu\n");
  BOOST_TEST(entry(records, 0).lines[1].value ==
             "What a careful reader you are!  This value is base-64-encoded because it has a control character in it "
             "(a CR).\r  By the way, you should really get out more.");
}

BOOST_AUTO_TEST_CASE(example_4_of_rfc_2849_has_names_in_base64_and_options_and_comments) {
  const auto records = read_all(
      "version: 1\n"
      "dn:: b3U95Za25qWt6YOoLG89QWlyaXVz\n"
      "# dn:: ou=<JapaneseOU>,o=Airius\n"
      "objectclass: top\n"
      "ou;lang-ja:: 5Za25qWt6YOo\n"
      "# ou;lang-ja:: <JapaneseOU>,\n"
      "#  folded on\n"
      " into the comment\n"
      "ou;lang-en: Sales\n");
  BOOST_TEST(entry(records, 0).dn == "ou=\xe5\x96\xb6\xe6\xa5\xad\xe9\x83\xa8,o=Airius");
  BOOST_TEST(entry(records, 0).lines.size() == 3U);
  BOOST_TEST(entry(records, 0).lines[1].attribute == "ou;lang-ja");
  BOOST_TEST(entry(records, 0).lines[2].value == "Sales");
}

BOOST_AUTO_TEST_CASE(example_5_of_rfc_2849_names_a_url_which_is_not_fetched) {
  const auto records = read_all(
      "version: 1\n"
      "dn: cn=Horatio Jensen, ou=Product Testing, dc=airius, dc=com\n"
      "cn: Horatio Jensen\n"
      "jpegphoto:< file:///usr/local/directory/photos/hjensen.jpg\n"
      "\n"
      "dn: cn=Next, dc=airius, dc=com\n"
      "cn: Next\n");
  BOOST_TEST(problem(records, 0) == "4: values by URL (\":<\") are not fetched");
  BOOST_TEST(entry(records, 1).lines[0].value == "Next");
}

BOOST_AUTO_TEST_CASE(the_change_records_of_example_6_of_rfc_2849_are_refused_one_by_one) {
  const auto records = read_all(
      "version: 1\n"
      "# Add a new entry\n"
      "dn: cn=Fiona Jensen, ou=Marketing, dc=airius, dc=com\n"
      "changetype: add\n"
      "objectclass: top\n"
      "\n"
      "dn: cn=Robert Jensen, ou=Marketing, dc=airius, dc=com\n"
      "changetype: delete\n"
      "\n"
      "dn: ou=Product Development, dc=airius, dc=com\n"
      "control: 1.2.840.113556.1.4.805 true\n"
      "changetype: delete\n"
      "\n"
      "dn: cn=Here, dc=airius, dc=com\n"
      "cn: Here\n");
  BOOST_TEST(records.size() == 4U);
  BOOST_TEST(problem(records, 0) == "4: a change record (changetype); imported are entries alone");
  BOOST_TEST(problem(records, 1) == "8: a change record (changetype); imported are entries alone");
  BOOST_TEST(problem(records, 2) == "11: a change record (control); imported are entries alone");
  BOOST_TEST(entry(records, 3).dn == "cn=Here, dc=airius, dc=com");
}

BOOST_AUTO_TEST_CASE(line_ends_of_dos_and_a_byte_order_mark_do_not_matter) {
  const auto records =
      read_all("\xEF\xBB\xBFversion: 1\r\n\r\ndn: o=a\r\no: a\r\ndescription: x\r\n y\r\n\r\n\r\ndn: o=b\r\no: b");
  BOOST_TEST(entry(records, 0).dn == "o=a");
  BOOST_TEST(entry(records, 0).lines[1].value == "xy");
  BOOST_TEST(entry(records, 1).lines[0].value == "b");
}

BOOST_AUTO_TEST_CASE(a_record_that_is_broken_costs_no_other) {
  const auto records = read_all(
      "version: 2\n\n"
      "o: without a name\n\n"
      "dn: o=a\no: a\nnot a line\n\n"
      "dn: o=b\no:: ===\n\n"
      "dn: o=c\ndn: o=d\no: d\n\n"
      "dn: o=e\n\n"
      "dn: o=f\n-\n\n"
      "dn: o=last\no: last\n");
  BOOST_TEST(problem(records, 0) == "1: LDIF of version 2, not 1");
  BOOST_TEST(problem(records, 1) == "3: a record has to begin with \"dn:\"");
  BOOST_TEST(problem(records, 2) == "7: neither a comment nor \"name: value\"");
  BOOST_TEST(problem(records, 3) == "10: the value is no base64");
  BOOST_TEST(problem(records, 4) == "13: a second \"dn:\"; there is no empty line before it");
  BOOST_TEST(problem(records, 5) == "16: an entry without attributes");
  BOOST_TEST(problem(records, 6) == "19: a \"-\" belongs to a change record; imported are entries alone");
  BOOST_TEST(entry(records, 7).dn == "o=last");
}

BOOST_AUTO_TEST_CASE(an_entry_beyond_the_limits_is_refused_and_the_next_one_read) {
  LdifLimits limits;
  limits.line_bytes = 100;
  limits.entry_bytes = 300;
  const std::string long_line = "dn: o=a\ndescription: " + std::string(200, 'x') + "\n\n";
  std::string many = "dn: o=b\n";
  for (int i = 0; i < 20; ++i) many += "description: " + std::string(20, 'y') + "\n";
  const auto records = read_all(long_line + many + "\ndn: o=c\no: c\n", limits);
  BOOST_TEST(problem(records, 0) == "2: a line of more than 100 octets");
  BOOST_TEST(problem(records, 1).find("more than 300 octets in an entry") != std::string::npos);
  BOOST_TEST(entry(records, 2).dn == "o=c");
}

BOOST_AUTO_TEST_CASE(a_record_is_read_again_from_its_place) {
  std::istringstream in("# head\nversion: 1\n\ndn: o=a\no: a\n\n# between\ndn: o=b\no: b\n");
  LdifReader reader(in);
  BOOST_REQUIRE(reader.next());
  const auto first = reader.place();
  BOOST_REQUIRE(reader.next());
  const auto second = reader.place();
  BOOST_TEST(!reader.next());
  for (const auto& [place, name, line] : {std::tuple(second, "o=b", 8U), std::tuple(first, "o=a", 4U)}) {
    reader.go_to(place);
    auto record = reader.next();
    BOOST_REQUIRE(record);
    BOOST_TEST(std::get<LdifEntry>(*record).dn == name);
    BOOST_TEST(std::get<LdifEntry>(*record).line == line);
  }
}

BOOST_AUTO_TEST_CASE(what_is_written_is_read_as_the_same) {
  for (const std::string value : {"", "plain", " blank before", "blank after ", ":colon", "<less", "umlaut \xc3\xa4",
                                  "two\nlines", "carriage\rreturn"}) {
    const std::string text = "dn: o=a\n" + ldif_line("description", value) + ldif_line("o", std::string(300, 'o'));
    const auto records = read_all(text);
    BOOST_TEST(entry(records, 0).lines[0].value == value);
    BOOST_TEST(entry(records, 0).lines[1].value == std::string(300, 'o'));
  }
  for (const std::string& line : {ldif_line("description", std::string(300, 'x'))})
    for (std::size_t at = 0; at < line.size(); at = line.find('\n', at) + 1)
      BOOST_TEST(line.find('\n', at) - at <= 76U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace mailtree::migration
