// SPDX-License-Identifier: Apache-2.0
// Making and reading names of message files.
#include "store/file_name.h"

#include "base/ascii.h"

namespace mailtree::store {
namespace {

struct Letter {
  char letter;
  std::uint8_t bit;
};
// In ASCII order, as Maildir asks. P (passed) has no meaning here and is dropped when a file is renamed.
constexpr Letter letters[] = {
    {'D', flag::draft}, {'F', flag::flagged}, {'R', flag::answered}, {'S', flag::seen}, {'T', flag::deleted}};

std::uint8_t parse_flags(std::string_view text) {
  std::uint8_t flags = 0;
  for (const Letter& known : letters) {
    if (text.find(known.letter) != std::string_view::npos) flags |= known.bit;
  }
  return flags;
}

// The value of ",K=value" in the part before the flags.
std::optional<std::string_view> attribute(std::string_view base, std::string_view key) {
  const std::size_t at = base.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view value = base.substr(at + key.size());
  return value.substr(0, value.find(','));
}

std::optional<std::uint64_t> size_attribute(std::string_view base, std::string_view key) {
  const auto value = attribute(base, key);
  if (!value) return std::nullopt;
  return ascii::number<std::uint64_t>(*value, std::uint64_t{1} << 48);
}

}  // namespace

std::string make_file_name(const FileName& name, std::string_view host) {
  std::string text = std::to_string(name.time);
  text.append(".").append(unique_text(name.unique)).append(".").append(host);
  text.append(",U=").append(std::to_string(name.folder)).append(".").append(std::to_string(name.uid));
  text.append(",S=").append(std::to_string(name.size));
  if (name.crlf_size != name.size) text.append(",W=").append(std::to_string(name.crlf_size));
  text.append(":2,");
  for (const Letter& known : letters) {
    if ((name.flags & known.bit) != 0) text.push_back(known.letter);
  }
  return text;
}

ParsedFileName parse_file_name(std::string_view text) {
  ParsedFileName parsed;
  const std::size_t info = text.find(":2,");
  const std::string_view base = text.substr(0, info);
  if (info != std::string_view::npos) parsed.flags = parse_flags(text.substr(info + 3));
  const std::size_t first_dot = base.find('.');
  const auto time = ascii::number<std::uint64_t>(base.substr(0, first_dot), std::uint64_t{1} << 40);
  parsed.time = static_cast<std::int64_t>(time.value_or(0));
  parsed.size = size_attribute(base, ",S=");
  parsed.crlf_size = size_attribute(base, ",W=");
  const auto place = attribute(base, ",U=");
  if (!time || !place || !parsed.size || first_dot == std::string_view::npos) return parsed;
  const std::string_view behind = base.substr(first_dot + 1);
  const auto unique = parse_unique(behind.substr(0, behind.find('.')));
  const std::size_t dot = place->find('.');
  if (!unique || dot == std::string_view::npos) return parsed;
  const auto folder = ascii::number<FolderId>(place->substr(0, dot));
  const auto uid = ascii::number<Uid>(place->substr(dot + 1));
  if (!folder || !uid || *uid == 0) return parsed;
  if (!parsed.crlf_size) parsed.crlf_size = parsed.size;
  parsed.ours = true;
  parsed.unique = *unique;
  parsed.folder = *folder;
  parsed.uid = *uid;
  return parsed;
}

std::string file_name_host(std::string_view host) {
  std::string safe;
  for (const char c : host.substr(0, 64)) {
    const bool plain = ascii::is_alpha(c) || ascii::is_digit(c) || c == '.' || c == '-' || c == '_';
    safe.push_back(plain ? c : '_');
  }
  return safe.empty() ? "localhost" : safe;
}

}  // namespace mailtree::store
