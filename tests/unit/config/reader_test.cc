// SPDX-License-Identifier: Apache-2.0
// mailtree.toml: what is read, and what each mistake is told.
#include "config/reader.h"

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

using mailtree::config::read_text;

namespace {

constexpr const char* least = "[partitions.default]\npath = \"/m\"\nindex_directory = \"/i\"\n";

std::string why(const mailtree::Result<mailtree::config::Settings>& settings) {
  return settings ? std::string{} : settings.error().detail;
}

// The messages for `text` put before the least file; empty = accepted.
std::string mistakes(const std::string& text) {
  return why(read_text(text + least, "f"));
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_least_file_gives_the_defaults) {
  const auto settings = read_text(least, "f");
  BOOST_REQUIRE(settings.has_value());
  BOOST_TEST(settings->smtp.max_message_bytes == 52428800U);
  BOOST_TEST(settings->plaintext_login_networks.empty());
  BOOST_TEST(settings->limit_exempt_networks.empty());
  BOOST_TEST(!settings->host_name.empty());
  BOOST_TEST(settings->partition("")->path == "/m");
  BOOST_TEST(settings->partition("other") == nullptr);
}

BOOST_AUTO_TEST_CASE(each_type_is_read) {
  const auto settings = read_text(std::string(R"(
host_name = "mx.example.org"
plaintext_login_networks = ["127.0.0.0/8"]
[listeners]
smtp = ["127.0.0.1:2525", "[::1]:2525"]
[directory]
uris = ["ldap://127.0.0.1:1", "ldap://127.0.0.1:2"]
start_tls = true
[relay]
routes = { "Partner.Example" = "127.0.0.1:26" }
[smtp]
max_recipients = 200
)") + least,
                                  "f");
  BOOST_REQUIRE_MESSAGE(settings.has_value(), why(settings));
  BOOST_TEST(settings->host_name == "mx.example.org");
  BOOST_TEST(settings->plaintext_login_networks.at(0).contains("127.1.1.1"));
  BOOST_TEST(settings->listeners.smtp.at(1).host == "::1");
  BOOST_TEST(settings->directory.uris.size() == 2U);
  BOOST_TEST(settings->directory.start_tls);
  BOOST_TEST(settings->relay.routes.at("partner.example").port == 26);
  BOOST_TEST(settings->smtp.max_recipients == 200U);
}

BOOST_AUTO_TEST_CASE(an_unknown_name_is_told_with_file_line_and_the_nearest_right_one) {
  const std::string told = mistakes("\n[smtp]\nmax_recipient = 200\n");
  BOOST_TEST(told == "f:3: unknown setting 'smtp.max_recipient'; did you mean 'smtp.max_recipients'?");
}

BOOST_AUTO_TEST_CASE(a_setting_without_its_area_is_recognised) {
  BOOST_TEST(has(mistakes("start_tls = true\n"), "did you mean 'directory.start_tls'?"));
}

BOOST_AUTO_TEST_CASE(all_mistakes_are_told_at_once) {
  const std::string told =
      mistakes("host_name = 5\npostmaster = \"me\"\n[smtp]\nmax_recipients = \"many\"\nmax_errors = -1\n");
  BOOST_TEST(has(told, "f:1: 'host_name' needs a text"));
  BOOST_TEST(has(told, "f: 'postmaster' needs a full address with a domain"));
  BOOST_TEST(has(told, "f:4: 'smtp.max_recipients' needs a whole number"));
  BOOST_TEST(has(told, "f:5: 'smtp.max_errors' needs a whole number"));
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_toml_is_told_with_its_line) {
  BOOST_TEST(has(mistakes("a = \n"), "f:1: "));
}

BOOST_AUTO_TEST_CASE(settings_that_need_each_other_are_checked) {
  BOOST_TEST(has(mistakes("[listeners]\nimaps = [\"127.0.0.1:993\"]\n"), "need 'tls.certificate' and 'tls.key'"));
  BOOST_TEST(
      has(mistakes("[listeners]\nimap = [\"127.0.0.1:1\"]\nsmtp = [\"127.0.0.1:1\"]\n"), "set for two listeners"));
  BOOST_TEST(has(mistakes("[listeners]\nimap = [\"localhost:143\"]\n"), "needs a numeric address"));
  BOOST_TEST(has(mistakes("run_directory = \"run\"\n"), "has to be an absolute path"));
  BOOST_TEST(has(mistakes("[smtp]\nmax_recipients = 99\n"), "the least is 100"));
  BOOST_TEST(has(mistakes("[directory]\nmechanisms = [\"CRAM-MD5\"]\n"), "is none of PLAIN, LOGIN, SCRAM-SHA-256"));
  BOOST_TEST(has(mistakes("[directory]\nmechanisms = []\n"), "nobody could sign in"));
  const auto none = read_text("", "f");
  BOOST_REQUIRE(!none.has_value());
  BOOST_TEST(has(none.error().detail, "no partition is set"));
}

BOOST_AUTO_TEST_CASE(a_partition_takes_no_other_settings_and_no_odd_name) {
  BOOST_TEST(has(mistakes("[partitions.a]\npath = \"/x\"\nindex_directory = \"/y\"\nsize = 3\n"),
                 "unknown setting 'partitions.a.size'"));
  BOOST_TEST(
      has(mistakes("[partitions.\"a/b\"]\npath = \"/x\"\nindex_directory = \"/y\"\n"), "a name is 1 to 24 letters"));
  BOOST_TEST(
      has(mistakes("[partitions.b]\npath = \"/m\"\nindex_directory = \"/y\"\n"), "is used by another partition"));
}

BOOST_AUTO_TEST_CASE(a_control_octet_in_a_text_is_refused) {
  BOOST_TEST(has(mistakes("host_name = \"a\\r\\nb\"\n"), "f:1: 'host_name' needs"));
}

BOOST_AUTO_TEST_CASE(the_sample_is_a_valid_file_and_the_dump_reads_back_the_same) {
  const auto settings = read_text(mailtree::config::sample(), "sample");
  BOOST_REQUIRE_MESSAGE(settings.has_value(), why(settings));
  const std::string dumped = mailtree::config::dump(*settings);
  const auto again = read_text(dumped, "dump");
  BOOST_REQUIRE_MESSAGE(again.has_value(), why(again));
  BOOST_TEST(mailtree::config::dump(*again) == dumped);
}

BOOST_AUTO_TEST_CASE(a_missing_file_is_told_with_its_name) {
  const auto settings = mailtree::config::read_file("/nonexistent/mailtree.toml");
  BOOST_REQUIRE(!settings.has_value());
  BOOST_TEST(has(settings.error().detail, "/nonexistent/mailtree.toml: cannot be read"));
}

BOOST_AUTO_TEST_CASE(the_manual_page_is_the_one_made_from_the_declaration) {
  const char* const root = std::getenv("MAILTREE_SOURCE_ROOT");
  BOOST_REQUIRE(root != nullptr);
  std::ifstream file(std::string(root) + "/man/mailtree.toml.5");
  std::ostringstream page;
  page << file.rdbuf();
  BOOST_TEST((page.str() == mailtree::config::manual()), "run: mailtree config manual > man/mailtree.toml.5");
}
