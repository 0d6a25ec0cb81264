// SPDX-License-Identifier: Apache-2.0
// Envelope files: what decodes encodes to the same octets, and every accepted head carries its own checksum. The input
// is tried as it is, and with its checksum put right, so that the readers behind the checksum are reached.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "queue/envelope.h"
#include "queue/words.h"

namespace {

void check(std::string_view text) {
  const auto decoded = mailtree::queue::decode_envelope(text);
  if (!decoded) return;
  if (decoded->length > text.size()) std::abort();
  if (mailtree::queue::encode_envelope(decoded->envelope) != text.substr(0, decoded->length)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(text);
  const auto end = text.rfind("\nend ");
  const std::string body(end == std::string_view::npos ? text : text.substr(0, end));
  std::string repaired = body + "\nend ";
  repaired += mailtree::queue::hex32(mailtree::queue::crc32c(repaired)) + "\n";
  check(repaired);
  return 0;
}
