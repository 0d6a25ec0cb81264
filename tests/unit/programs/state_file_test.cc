// SPDX-License-Identifier: Apache-2.0
// state.json and the pids of an endpoints file.
#include "programs/state_file.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace mailtree::programs {
namespace {

struct File {
  File() {
    std::string pattern = "/tmp/mailtree-state-XXXXXX";
    close(mkstemp(pattern.data()));
    path = pattern;
  }
  ~File() { unlink(path.c_str()); }
  [[nodiscard]] std::string content() const {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  std::string path;
};

}  // namespace

BOOST_AUTO_TEST_CASE(the_state_file_reads_back_what_was_written) {
  const File file;
  const Pids pids = {{"mailtreed", {1}}, {"smtpd", {2, 3}}, {"stored", {}}};
  BOOST_REQUIRE(write_state(file.path, pids).has_value());
  const Pids again = read_state(file.path);
  BOOST_TEST(again.at("mailtreed").at(0) == 1);
  BOOST_TEST(again.at("smtpd").size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_missing_or_broken_state_file_is_empty) {
  BOOST_TEST(read_state("/nonexistent/state.json").empty());
  const File file;
  std::ofstream(file.path) << "{\"pids\": {\"smtpd\": [1, ";
  BOOST_TEST(read_state(file.path).empty());
  std::ofstream(file.path) << "{\"pids\": [1], \"x\": 2}";
  BOOST_TEST(read_state(file.path).empty());
}

BOOST_AUTO_TEST_CASE(endpoints_keep_everything_but_our_pids) {
  const File file;
  std::ofstream(file.path) << R"({"host": "127.0.0.1", "pids": {"slapd": [7], "smtpd": [8]}})";
  BOOST_REQUIRE(update_endpoints(file.path, {{"smtpd", {9, 10}}}).has_value());
  const std::string text = file.content();
  BOOST_TEST(text.find("127.0.0.1") != std::string::npos);
  const Pids pids = read_state(file.path);
  BOOST_TEST(pids.at("slapd").at(0) == 7);
  BOOST_TEST(pids.at("smtpd").at(1) == 10);
}

BOOST_AUTO_TEST_CASE(no_endpoints_file_is_made_where_there_was_none) {
  BOOST_REQUIRE(update_endpoints("/tmp/mailtree-no-such-endpoints.json", {{"smtpd", {9}}}).has_value());
  BOOST_TEST(access("/tmp/mailtree-no-such-endpoints.json", F_OK) != 0);
}

}  // namespace mailtree::programs
