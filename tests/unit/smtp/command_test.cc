// SPDX-License-Identifier: Apache-2.0
#include "smtp/command.h"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace mailtree::smtp;

namespace {

constexpr Offered all{.size = true, .eight_bit = true, .binary = true, .smtputf8 = true, .auth = true, .dsn = true};
constexpr Offered nothing{
    .size = false, .eight_bit = false, .binary = false, .smtputf8 = false, .auth = false, .dsn = false};

template <typename T>
std::string refusal(const Parsed<T>& parsed) {
  const Reply* reply = std::get_if<Reply>(&parsed);
  return reply == nullptr ? "taken" : reply->one_line().substr(0, 9);
}

Verb verb_of(std::string_view line) {
  const auto parsed = parse_command_line(line);
  BOOST_REQUIRE(std::holds_alternative<CommandLine>(parsed));
  return std::get<CommandLine>(parsed).verb;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(command)

BOOST_AUTO_TEST_CASE(verbs_are_recognised_in_any_case_with_blanks_around_arguments) {
  BOOST_TEST((verb_of("mAiL FROM:<a@b>") == Verb::mail));
  BOOST_TEST((verb_of("QUIT  ") == Verb::quit));
  BOOST_TEST((verb_of("XYZZY") == Verb::unknown));
  BOOST_TEST((verb_of("") == Verb::unknown));
  BOOST_TEST((verb_of("DATAX") == Verb::unknown));
  BOOST_TEST((std::get<CommandLine>(parse_command_line("EHLO \t me ")).argument == "me"));
}

BOOST_AUTO_TEST_CASE(s05_openings_of_other_protocols_are_told_apart) {
  for (const char* line : {"GET / HTTP/1.1", "post /x HTTP/1.0", "*3", "SSH-2.0-x", "0032git-upload-pack /x",
                           "\x16\x03\x01", "CONNECT a:25 HTTP/1.1", "PRI * HTTP/2.0", "Host: mx", "NICK x"})
    BOOST_TEST((verb_of(line) == Verb::foreign), line);
}

BOOST_AUTO_TEST_CASE(s08_nul_and_controls_in_a_command_are_refused) {
  BOOST_TEST(refusal(parse_command_line(std::string_view("NO\0OP", 5))) == "501 5.5.2");
  BOOST_TEST(refusal(parse_command_line("NOOP \r")) == "501 5.5.2");
  BOOST_TEST(refusal(parse_command_line("NOOP \n")) == "501 5.5.2");
}

BOOST_AUTO_TEST_CASE(mail_takes_a_path_and_parameters) {
  const auto parsed =
      parse_mail("FROM:<a@b.example> SIZE=1000 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=x+2By AUTH=<>", all);
  BOOST_REQUIRE(refusal(parsed) == "taken");
  const auto& mail = std::get<MailCommand>(parsed);
  BOOST_TEST(mail.path.print() == "a@b.example");
  BOOST_TEST(mail.parameters.size == 1000U);
  BOOST_TEST((mail.parameters.body == Body::eight_bit));
  BOOST_TEST(mail.parameters.smtputf8);
  BOOST_TEST((mail.parameters.ret == Return::headers));
  BOOST_TEST(mail.parameters.envelope_id == "x+y");
  BOOST_TEST(mail.parameters.auth_identity == "<>");
}

BOOST_AUTO_TEST_CASE(outlook_writes_a_blank_after_the_colon) {
  BOOST_TEST(refusal(parse_mail("FROM: <a@b.example>", all)) == "taken");
  BOOST_TEST(refusal(parse_rcpt("TO: <a@b.example>", all)) == "taken");
  BOOST_TEST(refusal(parse_mail("from:<>", all)) == "taken");
}

BOOST_AUTO_TEST_CASE(s11_bad_parameters_are_refused) {
  const std::string many = [] {
    std::string text = "FROM:<a@b.example>";
    for (int i = 0; i < 10000; ++i) text += " X" + std::to_string(i);
    return text;
  }();
  for (const std::string_view text :
       {"FROM:<a@b.example> SIZE=-1", "FROM:<a@b.example> SIZE=18446744073709551616",
        "FROM:<a@b.example> SIZE=", "FROM:<a@b.example> SIZE", "FROM:<a@b.example> SIZE=1 size=1",
        "FROM:<a@b.example> BODY=9BIT", "FROM:<a@b.example> BODY", "FROM:<a@b.example> RET=SOME",
        "FROM:<a@b.example> ENVID=", "FROM:<a@b.example> SMTPUTF8=1", "FROM:<a@b.example> =1",
        "FROM:<a@b.example> AUTH=a=b"})
    BOOST_TEST(refusal(parse_mail(text, all)) == "501 5.5.4", text);
  BOOST_TEST(refusal(parse_mail(many, all)) == "501 5.5.4");
  BOOST_TEST(refusal(parse_mail("FROM:<a@b.example> XNEW=1", all)) == "555 5.5.4");
  BOOST_TEST(refusal(parse_mail("FROM:<a@b.example> SMTPUTF8", nothing)) == "555 5.5.4");
  BOOST_TEST(refusal(parse_mail("FROM:<a@b.example> SIZE=1", nothing)) == "555 5.5.4");
  BOOST_TEST(refusal(parse_mail("TO:<a@b.example>", all)) == "501 5.5.4");
  BOOST_TEST(refusal(parse_rcpt("TO:<a@b.example> SIZE=1", all)) == "555 5.5.4");
}

BOOST_AUTO_TEST_CASE(s10_decoded_xtext_never_holds_control_octets) {
  for (const std::string_view value : {"ENVID=a+0Ab", "ENVID=a+0D", "ENVID=a+00", "ENVID=a+7F", "ENVID=a+80",
                                       "AUTH=x+0A", "ENVID=a+", "ENVID=a+1", "ENVID=a+0a"})
    BOOST_TEST(refusal(parse_mail("FROM:<a@b.example> " + std::string(value), all)) == "501 5.5.4", value);
  BOOST_TEST(refusal(parse_rcpt("TO:<a@b.example> ORCPT=rfc822;x+0Ay", all)) == "501 5.5.4");
  BOOST_TEST(decode_xtext(encode_xtext("a b+c=d")).value() == "a b+c=d");
}

BOOST_AUTO_TEST_CASE(notify_is_a_list_and_never_stands_alone) {
  const auto parsed = parse_rcpt("TO:<a@b.example> NOTIFY=SUCCESS,delay ORCPT=RFC822;a+40b", all);
  BOOST_REQUIRE(refusal(parsed) == "taken");
  BOOST_TEST(int{std::get<RcptCommand>(parsed).parameters.notify} == (notify::success | notify::delay));
  BOOST_TEST(std::get<RcptCommand>(parsed).parameters.original == "rfc822;a@b");
  for (const std::string_view value : {"NOTIFY=NEVER,SUCCESS", "NOTIFY=", "NOTIFY=X", "NOTIFY=SUCCESS,SUCCESS",
                                       "NOTIFY=SUCCESS,", "ORCPT=x", "ORCPT=;x", "ORCPT=rfc822;"})
    BOOST_TEST(refusal(parse_rcpt("TO:<a@b.example> " + std::string(value), all)) == "501 5.5.4", value);
}

BOOST_AUTO_TEST_CASE(s09_eight_bit_addresses_need_the_parameter_and_utf8) {
  BOOST_TEST(refusal(parse_mail("FROM:<\xc3\xa4@b.example>", all)) == "553 5.6.7");
  BOOST_TEST(refusal(parse_mail("FROM:<\xc3\xa4@b.example> SMTPUTF8", all)) == "taken");
  BOOST_TEST(refusal(parse_mail("FROM:<\xe4@b.example>", all)) == "553 5.6.7");
  BOOST_TEST(refusal(parse_mail("FROM:<\xe4@b.example> SMTPUTF8", all)) == "553 5.1.3");
  BOOST_TEST(refusal(parse_rcpt("TO:<\xc3\xa4@b.example>", nothing)) == "553 5.6.7");
}

BOOST_AUTO_TEST_CASE(s03_bdat_sizes_are_numbers_that_can_be_skipped) {
  BOOST_TEST((std::get<BdatCommand>(parse_bdat("0 LAST")).last));
  BOOST_TEST(std::get<BdatCommand>(parse_bdat("1000")).size == 1000U);
  BOOST_TEST((std::get<BdatCommand>(parse_bdat("7 last")).last));
  for (const std::string_view text : {"", "-1", "x", "1x", "9223372036854775808", "18446744073709551616", "+1",
                                      "1 FIRST", "1 LAST LAST", "0x10", " ", "1099511627777"})
    BOOST_TEST(refusal(parse_bdat(text)) == "501 5.5.4", text);
}

BOOST_AUTO_TEST_CASE(auth_takes_an_initial_response) {
  BOOST_TEST(std::get<AuthCommand>(parse_auth("plain AGEAYg==")).initial_response.value() == std::string("\0a\0b", 4));
  BOOST_TEST(std::get<AuthCommand>(parse_auth("plain AGEAYg==")).mechanism == "PLAIN");
  BOOST_TEST(std::get<AuthCommand>(parse_auth("LOGIN =")).initial_response.value().empty());
  BOOST_TEST(!std::get<AuthCommand>(parse_auth("LOGIN")).initial_response.has_value());
  BOOST_TEST(refusal(parse_auth("PLAIN !!!")) == "501 5.5.2");
  BOOST_TEST(refusal(parse_auth("")) == "501 5.5.4");
  BOOST_TEST(refusal(parse_auth("PL.AIN x")) == "501 5.5.4");
}

BOOST_AUTO_TEST_CASE(a_bare_name_is_enough_to_say_hello) {
  BOOST_TEST(is_hello_name("DESKTOP-1"));
  BOOST_TEST(is_hello_name("[192.0.2.1]"));
  BOOST_TEST(!is_hello_name(""));
  BOOST_TEST(!is_hello_name("a b"));
  BOOST_TEST(!is_hello_name("\xc3\xa4.example"));
}

BOOST_AUTO_TEST_SUITE_END()
