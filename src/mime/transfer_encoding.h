// SPDX-License-Identifier: Apache-2.0
// Content-Transfer-Encoding (RFC 2045 6): decoding in pieces, lenient; encoding for mail we generate and IMAP BINARY.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mailtree::mime {

enum class TransferEncoding : std::uint8_t { identity, base64, quoted_printable };

// 7bit, 8bit, binary and an empty name are identity; nullopt for names we do not know (x-uuencode, …).
std::optional<TransferEncoding> transfer_encoding(std::string_view name);

// Feed the body in pieces of any size, then finish(). Octets outside the alphabet are skipped (base64) or kept
// (quoted-printable).
class TransferDecoder {
 public:
  explicit TransferDecoder(TransferEncoding encoding) : encoding_(encoding) {}
  void feed(std::string_view piece, std::string& out);
  void finish(std::string& out);
  // False if the input was not what the RFC says: IMAP BINARY answers UNKNOWN-CTE then, search and preview go on.
  [[nodiscard]] bool clean() const { return clean_; }

 private:
  void feed_base64(std::string_view piece, std::string& out);
  void feed_quoted_printable(std::string_view piece, std::string& out);

  TransferEncoding encoding_;
  bool clean_ = true;
  std::uint32_t bits_ = 0;  // base64: digits not yet given out
  unsigned digits_ = 0;     // base64: how many, 0 to 3
  bool padded_ = false;     // base64: '=' was seen in this quantum
  std::string pending_;     // quoted-printable: blanks or an escape at the end of a piece; bounded by max_pending
};

// Whole body at once; decoding stops when `max_octets` of output are there.
std::string decode_transfer(std::string_view body, TransferEncoding encoding, std::size_t max_octets);

std::string encode_base64_lines(std::string_view octets);      // 76 columns, CRLF
std::string encode_quoted_printable(std::string_view octets);  // 76 columns, CRLF; text mode: line ends stay line ends

}  // namespace mailtree::mime
