// SPDX-License-Identifier: Apache-2.0
// Tables and texts of a session: the command table, completions, LIST responses.
#include <boost/test/unit_test.hpp>

#include "imap/command_table.h"
#include "imap/folder_list.h"

using namespace mailtree;
using namespace mailtree::imap;

BOOST_AUTO_TEST_SUITE(session_parts)

BOOST_AUTO_TEST_CASE(every_command_is_found_by_its_verb_and_no_other) {
  for (const Command& command : all_commands()) BOOST_TEST(find_command(command.verb) == &command);
  for (const char* verb : {"", "UID", "LOGIN", "FETC", "FETCHX", "uid fetch"})
    BOOST_TEST(find_command(verb) == nullptr);
}

BOOST_AUTO_TEST_CASE(no_expunge_is_told_during_fetch_store_and_search_by_number) {
  for (const char* verb : {"FETCH", "STORE", "SEARCH"}) {
    BOOST_TEST((find_command(verb)->tell == Tell::no_expunge));
    BOOST_TEST((find_command(std::string("UID ") + verb)->tell == Tell::everything));
  }
}

BOOST_AUTO_TEST_CASE(failures_become_response_codes) {
  const auto text = [](const Error& error, bool try_create) {
    std::string out;
    append_completion(out, "a1", completion_of(error, try_create));
    return out;
  };
  BOOST_TEST(text(Error::permanent(Condition::no_such_mailbox, "None"), false) == "a1 NO [NONEXISTENT] None\r\n");
  BOOST_TEST(text(Error::permanent(Condition::no_such_mailbox, "None"), true) == "a1 NO [TRYCREATE] None\r\n");
  BOOST_TEST(text(Error::protocol("Bad"), false) == "a1 BAD Bad\r\n");
  BOOST_TEST(text(Error::temporary(Condition::none, "secret"), false).find("[UNAVAILABLE]") != std::string::npos);
  BOOST_TEST(text(Error::temporary(Condition::none, "secret"), false).find("secret") == std::string::npos);
  BOOST_TEST(text(Error::permanent(Condition::exists, "a\r\nb"), false) == "a1 NO [ALREADYEXISTS] a??b\r\n");
}

BOOST_AUTO_TEST_CASE(levels_without_folder_are_listed_as_not_selectable) {
  std::vector<store::FolderRow> folders(3);
  folders[0].name = "a/b/c";
  folders[1].name = "INBOX";
  folders[2].name = "Sent";
  folders[2].special_use = store::special_use::sent;
  std::string out;
  for (const auto& [name, entry] : make_name_tree(folders)) append_list_response(out, "LIST", name, entry);
  BOOST_TEST(out ==
             "* LIST (\\HasNoChildren) \"/\" \"INBOX\"\r\n"
             "* LIST (\\HasNoChildren \\Sent) \"/\" \"Sent\"\r\n"
             "* LIST (\\Noselect \\HasChildren) \"/\" \"a\"\r\n"
             "* LIST (\\Noselect \\HasChildren) \"/\" \"a/b\"\r\n"
             "* LIST (\\HasNoChildren) \"/\" \"a/b/c\"\r\n");
}

BOOST_AUTO_TEST_SUITE_END()
