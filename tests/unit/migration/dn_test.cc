// SPDX-License-Identifier: Apache-2.0
#include "migration/dn.h"

#include <boost/test/unit_test.hpp>

namespace mailtree::migration {
namespace {

Dn dn(const std::string& text) {
  const auto parsed = Dn::parse(text);
  BOOST_REQUIRE_MESSAGE(parsed, text);
  return *parsed;
}

BOOST_AUTO_TEST_SUITE(distinguished_names)

BOOST_AUTO_TEST_CASE(blanks_and_case_make_no_other_name) {
  BOOST_TEST(dn("uid=Anna, ou=People, o=x.test,o=isp").text() == "uid=Anna,ou=People,o=x.test,o=isp");
  BOOST_TEST(dn("uid=Anna, ou=People, o=isp").key() == dn("UID=anna,OU=people,o=ISP").key());
  BOOST_TEST(dn("cn=a  b,o=isp").key() == dn("cn=A b,o=isp").key());
  BOOST_TEST(dn("cn=a+uid=b,o=isp").key() == dn("uid=B+cn=A,o=isp").key());
  BOOST_TEST(dn("cn=ab,o=isp").key() != dn("cn=a b,o=isp").key());
}

BOOST_AUTO_TEST_CASE(escapes_and_quotes_are_read_and_escapes_written) {
  BOOST_TEST(dn("o=\"Sue, Grabbit and Runn\", c=GB").text() == "o=Sue\\, Grabbit and Runn,c=GB");
  BOOST_TEST(dn("cn=Before\\0dAfter,o=Test").text() == "cn=Before\\0dAfter,o=Test");
  BOOST_TEST(dn("cn=Lu\\C4\\8Di\\C4\\87").text() == "cn=Lu\xc4\x8di\xc4\x87");
  BOOST_TEST(dn(dn("cn=a\\,b,o=isp").text()).key() == dn("cn=a\\,b,o=isp").key());
}

BOOST_AUTO_TEST_CASE(what_is_no_name_is_refused) {
  for (const char* const text : {"anna", "=x", "uid=a,,o=isp", "uid=a,o", "uid=a,o=isp,"})
    BOOST_TEST(!Dn::parse(text), text);
}

BOOST_AUTO_TEST_CASE(a_name_moves_with_its_suffix_and_no_other_does) {
  BOOST_TEST(dn("uid=a,o=x,O=ISP").moved(dn("o=isp"), dn("o=isp,dc=example,dc=net")).text() ==
             "uid=a,o=x,o=isp,dc=example,dc=net");
  BOOST_TEST(dn("o=isp").moved(dn("o=isp"), dn("o=new")).text() == "o=new");
  BOOST_TEST(dn("uid=a,o=wisp").moved(dn("o=isp"), dn("o=new")).text() == "uid=a,o=wisp");
  BOOST_TEST(dn("o=isp,o=world").moved(dn("o=isp"), dn("o=new")).text() == "o=isp,o=world");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace mailtree::migration
