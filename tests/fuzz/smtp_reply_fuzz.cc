// SPDX-License-Identifier: Apache-2.0
// Replies of a hostile server, cut into lines at LF: bounded, printable, and the same when printed and read again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/ascii.h"
#include "smtp/limits.h"
#include "smtp/reply.h"

using namespace mailtree;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check(const smtp::Reply& reply) {
  require(reply.code >= 200 && reply.code < 600 && reply.text.size() <= smtp::limits::reply_octets);
  for (const char c : reply.one_line()) require(!ascii::is_control(c) && !ascii::is_8bit(c));
  const std::string wire = reply.wire();
  smtp::ReplyReader reader;
  std::string_view rest = wire;
  auto progress = smtp::ReplyReader::Progress::more;
  while (!rest.empty()) {
    require(progress == smtp::ReplyReader::Progress::more);
    const std::size_t end = rest.find("\r\n");
    require(end != std::string_view::npos && end <= 510);
    progress = reader.feed(rest.substr(0, end));
    rest.remove_prefix(end + 2);
  }
  // Our own status on each line may push a reply at the bound over it; otherwise it is read as it was meant.
  if (progress == smtp::ReplyReader::Progress::complete) require(reader.take().code == reply.code);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  smtp::ReplyReader reader;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const auto progress = reader.feed(rest.substr(0, end));
    if (progress == smtp::ReplyReader::Progress::broken) return 0;
    if (progress == smtp::ReplyReader::Progress::complete) check(reader.take());
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  return 0;
}
