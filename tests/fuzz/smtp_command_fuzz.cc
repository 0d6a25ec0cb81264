// SPDX-License-Identifier: Apache-2.0
// Command lines with their arguments: decoded values never hold controls, and each refusal is one printable reply.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/ascii.h"
#include "smtp/command.h"
#include "smtp/limits.h"

using namespace mailtree;

namespace {

constexpr smtp::Offered all{
    .size = true, .eight_bit = true, .binary = true, .smtputf8 = true, .auth = true, .dsn = true};

void require(bool condition) {
  if (!condition) std::abort();
}

void require_printable(std::string_view text) {
  for (const char c : text) require(!ascii::is_control(c) && !ascii::is_8bit(c));
}

template <typename T>
const T* value_of(const smtp::Parsed<T>& parsed) {
  if (const auto* refusal = std::get_if<smtp::Reply>(&parsed)) {
    const std::string wire = refusal->wire();
    require(refusal->code >= 500 && wire.find('\n') == wire.size() - 1 && wire.size() <= 512);
  }
  return std::get_if<T>(&parsed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  const auto parsed = smtp::parse_command_line(line);
  const smtp::CommandLine* command = value_of(parsed);
  if (command == nullptr) return 0;
  const std::string_view argument = command->argument;
  const auto mail = smtp::parse_mail(argument, all);
  if (const auto* taken = value_of(mail)) {
    require_printable(taken->parameters.envelope_id);
    require_printable(taken->parameters.auth_identity);
  }
  const auto rcpt = smtp::parse_rcpt(argument, all);
  if (const auto* taken = value_of(rcpt)) {
    require(taken->path.address.has_value());
    require_printable(taken->parameters.original);
  }
  const auto bdat = smtp::parse_bdat(argument);
  if (const auto* taken = value_of(bdat)) require(taken->size <= smtp::limits::chunk);
  (void)value_of(smtp::parse_auth(argument));
  if (const auto decoded = smtp::decode_xtext(line))
    require(smtp::decode_xtext(smtp::encode_xtext(*decoded)) == decoded);
  return 0;
}
