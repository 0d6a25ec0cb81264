// SPDX-License-Identifier: Apache-2.0
#include "imap/grammar/object_id.h"

#include <algorithm>
#include <string_view>

#include "base/ascii.h"

namespace mailtree::imap {
namespace {

constexpr std::size_t max_object_id = 255;

bool is_object_id_character(char c) {
  return ascii::is_alpha(c) || ascii::is_digit(c) || c == '_' || c == '-';
}

}  // namespace

bool read_object_id(Decoder& decoder, std::string& id) {
  std::string_view text;
  if (!decoder.atom(text)) return false;
  if (text.size() > max_object_id || !std::all_of(text.begin(), text.end(), is_object_id_character)) {
    return decoder.fail("Expected an object identifier");
  }
  id = text;
  return true;
}

}  // namespace mailtree::imap
