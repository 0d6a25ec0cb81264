// SPDX-License-Identifier: Apache-2.0
// Names of message files: <time>.<unique>.<host>,U=<folder>.<uid>,S=<size>,W=<crlf size>:2,<flags>
// Ours say all of it; those of other Maildir programs are read as far as they go. W= is left out when equal to S=.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "store/types.h"

namespace mailtree::store {

struct FileName {
  std::int64_t time = 0;
  Unique unique{};
  FolderId folder = no_folder;
  Uid uid = 0;
  std::uint64_t size = 0;
  std::uint64_t crlf_size = 0;
  std::uint8_t flags = 0;
};

std::string make_file_name(const FileName& name, std::string_view host);

// What a name found in a folder tells. Never fails: a foreign name has just less in it.
struct ParsedFileName {
  std::int64_t time = 0;  // 0 if it does not begin with one
  std::uint8_t flags = 0;
  std::optional<std::uint64_t> size;       // S=
  std::optional<std::uint64_t> crlf_size;  // W=
  // All three or none: the name is of our form.
  bool ours = false;
  Unique unique{};
  FolderId folder = no_folder;
  Uid uid = 0;
};
ParsedFileName parse_file_name(std::string_view text);

// The host part of file names: no '/', ',', ':' or control characters, at most 64 octets.
std::string file_name_host(std::string_view host);

}  // namespace mailtree::store
