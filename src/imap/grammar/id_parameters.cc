// SPDX-License-Identifier: Apache-2.0
// RFC 2971. No version is told: it helps nobody but those who look for old ones.
#include "imap/grammar/id_parameters.h"

#include "base/ascii.h"
#include "imap/grammar/limits.h"

namespace mailtree::imap {
namespace {

constexpr std::size_t max_description_bytes = 300;

}  // namespace

bool read_id_parameters(Decoder& decoder, IdParameters& parameters) {
  if (decoder.skip_word("NIL")) return true;
  if (!decoder.open()) return false;
  if (decoder.peek() == ')') return decoder.close();
  std::size_t count = 0;
  do {
    std::string field;
    std::optional<std::string> value;
    if (!decoder.string(field) || !decoder.space() || !decoder.nstring(value)) return false;
    if (++count > max_id_pairs) return decoder.fail("Too many ID parameters");
    if (value) parameters.emplace_back(std::move(field), std::move(*value));
  } while (decoder.skip(' '));
  return decoder.close();
}

std::string describe_id(const IdParameters& parameters) {
  std::string out;
  for (const auto& [field, value] : parameters) {
    if (!out.empty()) out.push_back(' ');
    out.append(ascii::printable(field, 40)).append("=").append(ascii::printable(value, 100));
    if (out.size() > max_description_bytes) break;
  }
  return ascii::printable(out, max_description_bytes);
}

void append_id_response(std::string& out) { out.append("* ID (\"name\" \"Mailtree\")\r\n"); }

}  // namespace mailtree::imap
