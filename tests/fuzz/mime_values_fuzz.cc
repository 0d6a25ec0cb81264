// SPDX-License-Identifier: Apache-2.0
// Single values: the first octet picks the parser. Text that was decoded holds no controls and survives being encoded
// again; decoders give the same for any division of their input.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/ascii.h"
#include "mime/address.h"
#include "mime/charset.h"
#include "mime/date.h"
#include "mime/encoded_word.h"
#include "mime/limits.h"
#include "mime/line_ends.h"
#include "mime/parameter.h"
#include "mime/transfer_encoding.h"

using namespace mailtree::mime;

namespace {

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

void require_text(const std::string& text) {
  require(is_utf8(text), "not UTF-8");
  for (const char c : text) require(!mailtree::ascii::is_control(c), "a control octet");
}

void check_words(std::string_view value) {
  const std::string text = decode_text(value);
  require_text(text);
  const std::string encoded = encode_text(text);
  for (const char c : encoded) require(!mailtree::ascii::is_8bit(c), "8-bit after encoding");
  require(decode_text(encoded) == mailtree::ascii::trim(text), "encoding loses text");
}

void check_parameters(std::string_view value) {
  const ParameterizedValue parsed = parse_parameterized(value);
  require(parsed.parameters.size() <= max_parameters, "too many parameters");
  for (const char* name : {"filename", "name", "charset"})
    if (const auto text = decoded_parameter(parsed.parameters, name)) require_text(*text);
}

void check_decoder(std::string_view body, TransferEncoding encoding, std::size_t piece) {
  const std::string whole = decode_transfer(body, encoding, static_cast<std::size_t>(-1));
  TransferDecoder decoder(encoding);
  std::string out;
  for (std::size_t i = 0; i < body.size(); i += piece) decoder.feed(body.substr(i, piece), out);
  decoder.finish(out);
  if (body.size() < 4096) require(out == whole, "pieces differ");
}

void check_line_ends(std::string_view text) {
  const std::string full = to_crlf(text);
  require(crlf_size(text) == full.size(), "counted wrong");
  require(to_crlf(full) == full, "not stable");
}

void check_date(std::string_view value) {
  const auto date = parse_date(value);
  if (date) require(parse_date(format_date(*date)) == date, "date lost");
}

void check_addresses(std::string_view value) {
  for (const Address& address : parse_addresses(value)) {
    if (address.mailbox.empty() || address.kind != Address::Kind::mailbox) continue;
    const auto again = parse_addresses(format_address({Address::Kind::mailbox, {}, {}, address.mailbox, "x.test"}));
    require(again.size() == 1 && again[0].mailbox == address.mailbox && again[0].host == "x.test", "address lost");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view value(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 8) {
    case 0:
      check_words(value);
      break;
    case 1:
      check_parameters(value);
      break;
    case 2:
      check_decoder(value, TransferEncoding::base64, 1);
      break;
    case 3:
      check_decoder(value, TransferEncoding::quoted_printable, 1 + data[0] / 8);
      break;
    case 4:
      check_line_ends(value);
      break;
    case 5:
      check_date(value);
      break;
    case 6:
      check_addresses(value);
      break;
    default:
      require(is_utf8(casefold(to_utf8(value, value.substr(0, value.find(' '))))), "folded text is not UTF-8");
  }
  return 0;
}
