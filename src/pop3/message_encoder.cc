// SPDX-License-Identifier: Apache-2.0
#include "pop3/message_encoder.h"

namespace mailtree::pop3 {

void MessageEncoder::feed(std::string_view piece, std::string& out) {
  while (!piece.empty()) {
    if (line_start_ && piece.front() == '.') out += '.';
    const std::size_t lf = piece.find('\n');
    if (lf == std::string_view::npos) {
      out += piece;
      line_start_ = false;
      after_cr_ = piece.back() == '\r';
      break;
    }
    const bool has_cr = lf > 0 ? piece[lf - 1] == '\r' : after_cr_;
    out += piece.substr(0, lf);
    out += has_cr ? "\n" : "\r\n";
    line_start_ = true;
    after_cr_ = false;
    piece.remove_prefix(lf + 1);
  }
}

void MessageEncoder::finish(std::string& out) {
  if (!line_start_) out += "\r\n";  // behind a CR too: it is the message's own octet
  out += ".\r\n";
}

std::size_t TopCutter::take(std::string_view piece) {
  std::size_t taken = 0;
  while (taken < piece.size() && !done()) {
    const std::string_view rest = piece.substr(taken);
    const std::size_t lf = rest.find('\n');
    if (lf == std::string_view::npos) {
      only_cr_ = line_start_ && rest == "\r";
      line_start_ = false;
      return piece.size();
    }
    const bool empty_line = line_start_ ? lf == 0 || (lf == 1 && rest[0] == '\r') : lf == 0 && only_cr_;
    if (in_body_)
      --left_;
    else if (empty_line)
      in_body_ = true;
    line_start_ = true;
    only_cr_ = false;
    taken += lf + 1;
  }
  return taken;
}

std::string_view TopCutter::missing_end() const {
  if (in_body_) return {};
  return line_start_ ? "\r\n" : "\r\n\r\n";
}

}  // namespace mailtree::pop3
