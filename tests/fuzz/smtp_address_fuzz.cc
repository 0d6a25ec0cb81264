// SPDX-License-Identifier: Apache-2.0
// Paths of MAIL and RCPT: what was taken prints and parses to the same value, holds no controls and keeps its bounds.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/ascii.h"
#include "smtp/address.h"
#include "smtp/limits.h"

using namespace mailtree;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check(std::string_view text, smtp::PathKind kind) {
  std::string_view rest = text;
  const auto parsed = smtp::take_path(rest, kind);
  if (const auto* refusal = std::get_if<smtp::Reply>(&parsed)) {
    require(refusal->code == 501);
    return;
  }
  const auto& path = std::get<smtp::Path>(parsed);
  require(rest.size() < text.size());
  if (!path.address) {
    require(kind == smtp::PathKind::reverse);
    return;
  }
  const smtp::Address& address = *path.address;
  require(address.local.size() <= smtp::limits::local_part && address.domain.size() <= smtp::limits::domain + 8);
  for (const char c : address.print()) require(!ascii::is_control(c));
  const std::string printed = "<" + address.print() + ">";
  std::string_view again = printed;
  const auto second = smtp::take_path(again, kind);
  require(std::holds_alternative<smtp::Path>(second));
  require(std::get<smtp::Path>(second).address == address);
  require(std::get<smtp::Path>(second).valid_utf8 == path.valid_utf8);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(text, smtp::PathKind::forward);
  check(text, smtp::PathKind::reverse);
  (void)smtp::canonical_domain(text);
  return 0;
}
