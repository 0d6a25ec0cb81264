// SPDX-License-Identifier: Apache-2.0
// LDIF: any octets are read to their end within the limits, and an entry that was read is written and read as the same.
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>
#include <variant>

#include "migration/entry.h"
#include "migration/ldif_reader.h"

namespace {

using namespace mailtree::migration;

constexpr LdifLimits limits{4096, 16384};

void read_again(const LdifEntry& entry) {
  std::string text = ldif_line("dn", entry.dn);
  for (const LdifLine& line : entry.lines) text += ldif_line(line.attribute, line.value);
  std::istringstream in(text);
  LdifReader reader(in, LdifLimits{});
  const auto record = reader.next();
  const auto* const again = record ? std::get_if<LdifEntry>(&*record) : nullptr;
  if (again == nullptr || again->dn != entry.dn || again->lines.size() != entry.lines.size()) std::abort();
  for (std::size_t i = 0; i < entry.lines.size(); ++i)
    if (again->lines[i].attribute != entry.lines[i].attribute || again->lines[i].value != entry.lines[i].value)
      std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::istringstream in(std::string(reinterpret_cast<const char*>(data), size));
  LdifReader reader(in, limits);
  for (int number = 0; auto record = reader.next(); ++number) {
    if (const auto* const entry = std::get_if<LdifEntry>(&*record)) read_again(*entry);
    // The place of a record is where it begins: reading from there gives the same. The first ones will do: this is
    // slow.
    if (number > 3) continue;
    const auto place = reader.place();
    std::istringstream other(std::string(reinterpret_cast<const char*>(data), size));
    LdifReader second(other, limits);
    second.go_to(place);
    const auto again = second.next();
    if (std::holds_alternative<LdifEntry>(*record) && (!again || !std::holds_alternative<LdifEntry>(*again)))
      std::abort();
  }
  return 0;
}
