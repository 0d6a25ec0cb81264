// SPDX-License-Identifier: Apache-2.0
#include "mime/line_ends.h"

namespace mailtree::mime {

void CrlfCounter::feed(std::string_view piece) {
  if (piece.empty()) return;
  octets_ += piece.size();
  for (std::size_t lf = piece.find('\n'); lf != std::string_view::npos; lf = piece.find('\n', lf + 1)) {
    const bool has_cr = lf > 0 ? piece[lf - 1] == '\r' : after_cr_;
    if (!has_cr) ++bare_lf_;
  }
  after_cr_ = piece.back() == '\r';
}

void CrlfConverter::feed(std::string_view piece, std::string& out) {
  if (piece.empty()) return;
  std::size_t begin = 0;
  for (std::size_t lf = piece.find('\n'); lf != std::string_view::npos; lf = piece.find('\n', lf + 1)) {
    const bool has_cr = lf > 0 ? piece[lf - 1] == '\r' : after_cr_;
    if (has_cr) continue;
    out += piece.substr(begin, lf - begin);
    out += "\r\n";
    begin = lf + 1;
  }
  out += piece.substr(begin);
  after_cr_ = piece.back() == '\r';
}

std::uint64_t crlf_size(std::string_view text) {
  CrlfCounter counter;
  counter.feed(text);
  return counter.octets();
}

std::string to_crlf(std::string_view text) {
  std::string out;
  CrlfConverter converter;
  converter.feed(text, out);
  return out;
}

}  // namespace mailtree::mime
