// SPDX-License-Identifier: Apache-2.0
// Messages are stored as they came in; on the wire of IMAP and POP3 each line ends in CRLF. A bare LF counts one octet
// more.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mailtree::mime {

// Counts in pieces: CR at the end of one piece and LF at the start of the next belong together.
class CrlfCounter {
 public:
  void feed(std::string_view piece);
  [[nodiscard]] std::uint64_t octets() const { return octets_ + bare_lf_; }
  [[nodiscard]] std::uint64_t bare_lf() const { return bare_lf_; }

 private:
  std::uint64_t octets_ = 0;
  std::uint64_t bare_lf_ = 0;
  bool after_cr_ = false;
};

// Appends a piece to `out` with each bare LF as CRLF. A lone CR stays.
class CrlfConverter {
 public:
  void feed(std::string_view piece, std::string& out);

 private:
  bool after_cr_ = false;
};

std::uint64_t crlf_size(std::string_view text);
std::string to_crlf(std::string_view text);

}  // namespace mailtree::mime
