// SPDX-License-Identifier: Apache-2.0
// Assembly of IMAP commands from any stream of lines and literals. Asserted: memory stays within the limits, literal
// octets never become a line, and after a refusal the next command is read where it begins.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "imap/grammar/command_buffer.h"

namespace {

using namespace mailtree::imap;
using Step = CommandBuffer::Step;

void check(bool holds) {
  if (!holds) std::abort();
}

constexpr CommandLimits small{256, 256, 512, true};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view stream(reinterpret_cast<const char*>(data), size);
  CommandBuffer buffer(small);
  while (!stream.empty()) {
    const std::size_t end = std::min(stream.find('\n'), stream.size());
    const Step step = buffer.add_line(stream.substr(0, end));
    stream.remove_prefix(std::min(end + 1, stream.size()));
    check(buffer.text().size() <= small.total + 2);
    check(buffer.tag().size() <= max_tag_bytes);
    if (step == Step::lost) return 0;
    if (step == Step::literal || step == Step::skip) {
      check(buffer.octets() <= small.literal);
      const std::size_t octets = std::min<std::size_t>(buffer.octets(), stream.size());
      if (step == Step::literal) buffer.add_literal(stream.substr(0, octets));
      stream.remove_prefix(octets);
      continue;
    }
    if (step == Step::message) {
      check(!buffer.text().empty() && buffer.text().back() == '}');
      stream.remove_prefix(std::min<std::size_t>(buffer.octets(), stream.size()));
    }
    if (step == Step::refused) check(buffer.text().empty() && !buffer.error().reply.empty());
    buffer.clear();
    check(buffer.empty());
  }
  return 0;
}
