// SPDX-License-Identifier: Apache-2.0
// Commands are found by verb, scope and number of arguments.
#include "admin/command_table.h"

#include <boost/test/unit_test.hpp>

namespace mailtree::admin {
namespace {

CommandTable sample() {
  return CommandTable({{"greet", "server", 1, "Greets.",
                        [](const Command& command) { return CommandReply(0, "hello " + command.arguments.at(0)); }}});
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_command_of_the_table_is_carried_out_with_its_arguments) {
  const CommandReply reply = sample().run(Command("greet", {"ann"}));
  BOOST_TEST(reply.status == 0);
  BOOST_TEST(reply.text == "hello ann");
}

BOOST_AUTO_TEST_CASE(an_unknown_verb_a_foreign_scope_and_a_wrong_number_of_arguments_are_refused) {
  BOOST_TEST(sample().run(Command("leave", {})).status == 64);
  BOOST_TEST(sample().run(Command("greet", {})).status == 64);
  Command foreign("greet", {"ann"});
  foreign.scope = "domain:alpha.test";
  BOOST_TEST(sample().run(foreign).status == 64);
}

}  // namespace mailtree::admin
