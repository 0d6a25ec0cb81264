// SPDX-License-Identifier: Apache-2.0
// Charsets, encoded words, parameters, content fields, transfer encodings and line ends.
#include <boost/test/unit_test.hpp>
#include <string>

#include "base/ascii.h"
#include "mime/charset.h"
#include "mime/content.h"
#include "mime/encoded_word.h"
#include "mime/limits.h"
#include "mime/line_ends.h"
#include "mime/parameter.h"
#include "mime/transfer_encoding.h"

using namespace mailtree::mime;

namespace {

std::string shown(std::string_view raw) {
  const ParameterizedValue parsed = parse_parameterized(raw);
  std::string out = parsed.value;
  for (const Parameter& parameter : parsed.parameters) out += "|" + parameter.name + "=" + parameter.value;
  return out;
}

std::string filename(std::string_view raw) {
  return decoded_parameter(parse_parameterized(raw).parameters, "filename").value_or("(none)");
}

std::string decoded(std::string_view body, TransferEncoding encoding, bool* clean = nullptr) {
  TransferDecoder whole(encoding);
  std::string out;
  whole.feed(body, out);
  whole.finish(out);
  if (clean != nullptr) *clean = whole.clean();
  TransferDecoder pieces(encoding);  // octet by octet must give the same
  std::string slow;
  for (const char& c : body) pieces.feed(std::string_view(&c, 1), slow);
  pieces.finish(slow);
  BOOST_TEST(slow == out);
  BOOST_TEST(pieces.clean() == whole.clean());
  return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(parameters_are_read_as_senders_write_them) {
  BOOST_TEST(shown("text/plain; charset=utf-8") == "text/plain|charset=utf-8");
  BOOST_TEST(shown("TEXT / Plain ;charset=\"us-ascii\"; format = flowed") ==
             "TEXT/Plain|charset=us-ascii|format=flowed");
  BOOST_TEST(shown("text/plain; charset=us-ascii (Plain text)") == "text/plain|charset=us-ascii");
  BOOST_TEST(shown("text/plain charset=utf-8") == "text/plain|charset=utf-8");
  BOOST_TEST(shown("multipart/mixed;\r\n boundary=----=_Next_(1)") == "multipart/mixed|boundary=----=_Next_(1)");
  BOOST_TEST(shown("attachment; filename=My File.doc; size=3") == "attachment|filename=My File.doc|size=3");
  BOOST_TEST(shown("attachment; filename=\"a;b\\\"c\"") == "attachment|filename=a;b\"c");
  BOOST_TEST(shown("a/b;;; =x; y; z=") == "a/b|z=");
  BOOST_TEST(shown("a/b; \"quoted\" x=1") == "a/b|x=1");
  BOOST_TEST(shown("") == "");
  BOOST_TEST(shown(";=;\"") == "");
}

BOOST_AUTO_TEST_CASE(the_number_of_parameters_is_bounded) {
  std::string raw = "a/b";
  for (int i = 0; i < 1000; ++i) raw += "; p" + std::to_string(i) + "=v";
  BOOST_TEST(parse_parameterized(raw).parameters.size() == max_parameters);
}

BOOST_AUTO_TEST_CASE(rfc_2231_parameters_are_joined_and_decoded) {
  BOOST_TEST(filename("a; filename*=utf-8''%e2%82%ac%20rates") == "\xe2\x82\xac rates");
  BOOST_TEST(filename("a; filename*=iso-8859-1'en'%A3%20rates") == "\xc2\xa3 rates");
  BOOST_TEST(filename("a; filename*0*=utf-8''%e2%82; filename*1*=%ac; filename*2=\"x%20\"") == "\xe2\x82\xacx%20");
  BOOST_TEST(filename("a; filename*1=b; filename*0=a; filename*2=c") == "abc");
  BOOST_TEST(filename("a; filename*0=a; filename*2=c") == "a");
  BOOST_TEST(filename("a; filename*0=a; filename*0=b") == "a");
  BOOST_TEST(filename("a; filename*1=b; filename=plain") == "plain");
  BOOST_TEST(filename("a; filename*01=b; filename*1000=c; filename*4294967296=d") == "(none)");
  BOOST_TEST(filename("a; filename*=nonsense''%ff") == "\xc3\xbf");
  BOOST_TEST(filename("a; filename*=utf-8''a%0d%0ab%00") == "a  b ");
  BOOST_TEST(filename("a; filename==?utf-8?q?=E2=82=AC?=") == "\xe2\x82\xac");
}

BOOST_AUTO_TEST_CASE(encoded_words_become_text) {
  BOOST_TEST(decode_text("=?ISO-8859-1?Q?a?=") == "a");
  BOOST_TEST(decode_text("=?ISO-8859-1?Q?a?= b") == "a b");
  BOOST_TEST(decode_text("=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=") == "ab");
  BOOST_TEST(decode_text("=?ISO-8859-1?Q?a?=\r\n =?utf-8?B?4oKs?=") == "a\xe2\x82\xac");
  BOOST_TEST(decode_text("=?ISO-8859-1?Q?a_b=E9?=") == "a b\xc3\xa9");
  BOOST_TEST(decode_text("=?utf-8?B?4oI=?= =?utf-8?B?rA==?=") == "\xe2\x82\xac");  // one character in two words
  BOOST_TEST(decode_text("=?utf-8*en?q?x?=") == "x");
  BOOST_TEST(decode_text("=?nosuch?Q?a?=") == "=?nosuch?Q?a?=");
  BOOST_TEST(decode_text("=?utf-8?Q?a=ZZ?=") == "=?utf-8?Q?a=ZZ?=");
  BOOST_TEST(decode_text("=?utf-8?B?!!!!?=") == "=?utf-8?B?!!!!?=");
  BOOST_TEST(decode_text("=?utf-8?X?a?=") == "=?utf-8?X?a?=");
  BOOST_TEST(decode_text("=?=?utf-8?q?a?=") == "=?a");
  BOOST_TEST(decode_text("raw \xe9") == "raw \xc3\xa9");
  BOOST_TEST(decode_text("raw \xc3\xa9") == "raw \xc3\xa9");
}

// M05
BOOST_AUTO_TEST_CASE(decoded_text_never_brings_control_octets) {
  for (const char* value :
       {"=?utf-8?Q?a=0D=0ABcc:_x?=", "=?utf-8?B?AAEKDQ==?=", "=?utf-7?Q?+AAoADQ-?=", "a\tb\x01", "\x7f"}) {
    const std::string text = decode_text(value);
    for (const char c : text) BOOST_TEST((static_cast<unsigned char>(c) >= 0x20 && c != 0x7f), value);
    BOOST_TEST(is_utf8(text));
    BOOST_TEST(decode_text(encode_text(text)) == mailtree::ascii::trim(text));
  }
}

BOOST_AUTO_TEST_CASE(text_is_encoded_in_short_words) {
  BOOST_TEST(encode_text("plain") == "plain");
  BOOST_TEST(encode_text("a\r\nb") == "a  b");
  std::string text;
  for (int i = 0; i < 100; ++i) text += "\xe2\x82\xac";
  const std::string encoded = encode_text(text);
  BOOST_TEST(decode_text(encoded) == text);
  for (std::size_t begin = 0; begin < encoded.size();) {
    const std::size_t end = std::min(encoded.find("\r\n", begin), encoded.size());
    BOOST_TEST(end - begin <= 76U);
    begin = end + 2;
  }
  BOOST_TEST(decode_text(encode_text("=?utf-8?q?a?=")) == "=?utf-8?q?a?=");
  BOOST_TEST(is_utf8(decode_text(encode_text("\xff\x80\x80\x80\x80"))));
}

BOOST_AUTO_TEST_CASE(charsets_are_converted_or_guessed) {
  BOOST_TEST(to_utf8("\x80", "iso-8859-1") == "\xe2\x82\xac");  // taken for windows-1252
  BOOST_TEST(to_utf8("\xa4", "iso-8859-15") == "\xe2\x82\xac");
  BOOST_TEST(to_utf8("\x1b$B\x46|\x1b(B", "ISO-2022-JP") == "\xe6\x97\xa5");
  BOOST_TEST(to_utf8("\xc8\xd5", "gb2312") == "\xe6\x97\xa5");
  BOOST_TEST(to_utf8("\xe9", "no-such-charset") == "\xc3\xa9");
  BOOST_TEST(to_utf8("\xc3\xa9", "no-such-charset") == "\xc3\xa9");
  BOOST_TEST(to_utf8("\xe9", "us-ascii") == "\xc3\xa9");
  BOOST_TEST(to_utf8("\xff"
                     "a",
                     "utf-8") ==
             "\xef\xbf\xbd"
             "a");
  BOOST_TEST(to_utf8("", "utf-16") == "");
  for (const char* name : {"", "../../etc/passwd", "utf-8,swaplfnl", "a b", "nonsense"}) {
    BOOST_TEST(!is_known_charset(name), name);
    BOOST_TEST(!convert_to_utf8("x", name).has_value(), name);
  }
  BOOST_TEST(is_known_charset("UTF8"));
  BOOST_TEST(is_known_charset("KOI8-R"));
  std::string many;  // characters beyond 16 bits across every inner buffer border
  for (int i = 0; i < 20000; ++i) many += "\xf0\x9f\x98\x80";
  BOOST_TEST(convert_to_utf8(many + "\xff", "utf-8").value() == many + "\xef\xbf\xbd");
}

BOOST_AUTO_TEST_CASE(only_well_formed_utf8_is_utf8) {
  BOOST_TEST(is_utf8("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"));
  for (const char* text : {"\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80", "a\xe2\x82"})
    BOOST_TEST(!is_utf8(text));
}

BOOST_AUTO_TEST_CASE(folded_text_compares_without_case) {
  BOOST_TEST(casefold("STRASSE") == casefold("stra\xc3\x9f"
                                             "e"));
  BOOST_TEST(casefold("\xc3\x89") == casefold("e\xcc\x81"));
  BOOST_TEST(casefold("ABC") == "abc");
  BOOST_TEST(cut_utf8("a\xe2\x82\xac", 3) == "a");
  BOOST_TEST(cut_utf8("a\xe2\x82\xac", 4) == "a\xe2\x82\xac");
}

BOOST_AUTO_TEST_CASE(base64_is_decoded_leniently) {
  bool clean = false;
  BOOST_TEST(decoded("aGVs\r\nbG8=\r\n", TransferEncoding::base64, &clean) == "hello");
  BOOST_TEST(clean);
  BOOST_TEST(decoded("aGVsbG8", TransferEncoding::base64, &clean) == "hello");
  BOOST_TEST(decoded("aGk=aGk=", TransferEncoding::base64, &clean) == "hihi");
  BOOST_TEST(clean);
  BOOST_TEST(decoded("aG*k=", TransferEncoding::base64, &clean) == "hi");
  BOOST_TEST(!clean);
  BOOST_TEST(decoded("a", TransferEncoding::base64, &clean) == "");
  BOOST_TEST(!clean);
}

BOOST_AUTO_TEST_CASE(quoted_printable_is_decoded_leniently) {
  const auto qp = TransferEncoding::quoted_printable;
  BOOST_TEST(decoded("a=3Db=e9", qp) == "a=b\xe9");
  BOOST_TEST(decoded("soft=\r\nbreak=\nagain= \t\r\nend", qp) == "softbreakagainend");
  BOOST_TEST(decoded("trailing \t \r\nblank \n", qp) == "trailing\r\nblank\n");
  BOOST_TEST(decoded("in  side", qp) == "in  side");
  bool clean = true;
  BOOST_TEST(decoded("=ZZ=", qp, &clean) == "=ZZ");
  BOOST_TEST(!clean);
  BOOST_TEST(decoded("=4", qp, &clean) == "=4");
  BOOST_TEST(decoded("=\rx \ry", qp) == "=\rx \ry");
}

BOOST_AUTO_TEST_CASE(what_is_encoded_comes_back) {
  std::string octets;
  for (int i = 0; i < 5000; ++i) octets += static_cast<char>(i * 7 % 256);
  BOOST_TEST(decoded(encode_base64_lines(octets), TransferEncoding::base64) == octets);
  const std::string text = "a\r\nb \r\n=\t\r\n" + std::string(200, 'x') + " \xc3\xa9\r\n";
  const std::string encoded = encode_quoted_printable(text);
  BOOST_TEST(decoded(encoded, TransferEncoding::quoted_printable) == text);
  BOOST_TEST(decode_transfer("aGVsbG8=", TransferEncoding::base64, 3) == "hel");
}

BOOST_AUTO_TEST_CASE(content_fields_are_described) {
  const std::string text =
      "Content-Type: Text/HTML; charset=iso-8859-1\r\nContent-Transfer-Encoding: Quoted-Printable (x)\r\n"
      "Content-ID: <1@x>\r\nContent-Description: d\r\n e\r\nContent-Disposition: inline; filename=a.html\r\n"
      "Content-Language: en, de\r\nContent-Location: http://x/\r\nContent-MD5: abc=\r\nContent-ID: "
      "<2@x>\r\n\r\n<b>=E9</b>\r\n";
  const PartTree tree = scan(text);
  const Content content = describe(text, tree.root());
  BOOST_TEST(content.is("text", "html"));
  BOOST_TEST(content.encoding == "quoted-printable");
  BOOST_TEST(*content.id == "<1@x>");
  BOOST_TEST(*content.description == "d e");
  BOOST_TEST(content.disposition->value == "inline");
  BOOST_TEST(content.languages.size() == 2U);
  BOOST_TEST(*content.location == "http://x/");
  BOOST_TEST(*content.md5 == "abc=");
  BOOST_TEST(decoded_text(text, tree.root(), content, 1000) == "<b>\xc3\xa9</b>\r\n");
}

BOOST_AUTO_TEST_CASE(broken_content_fields_have_defaults) {
  for (const std::string type : {"", "text", "te xt/plain", "a/b/c", "/", "text/", "\"text\"/plain"}) {
    const std::string text = "Content-Type: " + type + "\nContent-Transfer-Encoding:\n\nx";
    const Content content = describe(text, scan(text).root());
    if (type != "a/b/c") BOOST_TEST(content.is("text", "plain"), type);
    BOOST_TEST(content.encoding == "7bit");
  }
  const std::string plain = "\nx";
  BOOST_TEST(describe(plain, scan(plain).root()).parameters.front().value == "us-ascii");
  const std::string global = "Content-Type: message/global\nContent-Transfer-Encoding: base64\n\nxxxx";
  BOOST_TEST(describe(global, scan(global).root()).is("application", "octet-stream"));
}

BOOST_AUTO_TEST_CASE(line_ends_are_counted_across_pieces) {
  const std::string text = "a\nb\r\nc\r\rd\n\n\r\n";
  const std::string full = "a\r\nb\r\nc\r\rd\r\n\r\n\r\n";
  BOOST_TEST(to_crlf(text) == full);
  BOOST_TEST(crlf_size(text) == full.size());
  CrlfCounter counter;
  CrlfConverter converter;
  std::string out;
  for (const char& c : text) {
    counter.feed(std::string_view(&c, 1));
    converter.feed(std::string_view(&c, 1), out);
  }
  BOOST_TEST(out == full);
  BOOST_TEST(counter.octets() == full.size());
  BOOST_TEST(counter.bare_lf() == 3U);
}
