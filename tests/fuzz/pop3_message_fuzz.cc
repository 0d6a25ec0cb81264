// SPDX-License-Identifier: Apache-2.0
// Any stored message as a multi-line answer: divided at any place it gives the same octets, has one terminator, and a
// client that takes the dots away has the message with CRLF line ends. The first octet is the size of the pieces.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "pop3/message_encoder.h"

using namespace mailtree::pop3;

namespace {

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

std::string encode(std::string_view text, std::size_t piece) {
  MessageEncoder encoder;
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += piece) encoder.feed(text.substr(i, piece), out);
  encoder.finish(out);
  return out;
}

// What the message must look like on the wire, octet by octet, without the dots of RFC 1939 section 3.
std::string expected(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n' && !out.ends_with('\r')) out += '\r';
    out += c == '\0' ? MessageEncoder::nul_replacement : c;
  }
  if (!out.empty() && !out.ends_with('\n')) out += out.ends_with('\r') ? "\n" : "\r\n";
  return out;
}

std::string decode(std::string_view answer) {
  std::string out;
  while (answer != ".\r\n") {
    const std::size_t end = answer.find("\r\n");
    require(end != std::string_view::npos, "no terminator");
    require(answer.substr(0, end) != ".", "a terminator within");
    if (answer.front() == '.') answer.remove_prefix(1);
    const std::size_t line = answer.find("\r\n") + 2;
    out += answer.substr(0, line);
    answer.remove_prefix(line);
  }
  return out;
}

void check_top(std::string_view text, std::size_t piece, std::uint64_t lines) {
  TopCutter cutter(lines);
  std::string out;
  for (std::size_t i = 0; i < text.size() && !cutter.done(); i += piece) {
    const std::string_view part = text.substr(i, piece);
    out += part.substr(0, cutter.take(part));
  }
  require(text.starts_with(out), "TOP gives something else");
  TopCutter whole(lines);
  require(out.size() == whole.take(text), "TOP depends on the pieces");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = data[0] % 16U + 1U;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string answer = encode(text, piece);
  require(answer == encode(text, text.size() + 1), "the pieces show");
  require(decode(answer) == expected(text), "another message");
  check_top(text, piece, data[0] / 16U);
  return 0;
}
