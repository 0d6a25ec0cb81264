// SPDX-License-Identifier: Apache-2.0
// What a part says about itself: the Content-* fields (RFC 2045, 2183, 3282, 2557, 1864), for BODYSTRUCTURE, search and
// decoding.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mime/parameter.h"
#include "mime/part_tree.h"

namespace mailtree::mime {

// Strings are values as written, unfolded, undecoded (may hold 8-bit octets, never CR, LF or NUL).
struct Content {
  std::string type = "text";  // lower case
  std::string subtype = "plain";
  std::vector<Parameter> parameters;
  std::string encoding = "7bit";  // Content-Transfer-Encoding, lower case
  std::optional<std::string> id;
  std::optional<std::string> description;
  std::optional<std::string> md5;
  std::optional<ParameterizedValue> disposition;
  std::vector<std::string> languages;
  std::optional<std::string> location;

  [[nodiscard]] bool is(std::string_view wanted_type, std::string_view wanted_subtype) const {
    return type == wanted_type && subtype == wanted_subtype;
  }
};

// Effective values: type is "multipart" exactly for PartKind::multipart and message/rfc822 or message/global exactly
// for PartKind::message; a part that could not be taken apart is text/plain without parameters. text/plain without a
// charset has {"charset", "us-ascii"} (RFC 2045 5.2).
Content describe(std::string_view message, const Part& part);

// The body of a text leaf (text/*), decoded and as UTF-8, at most `max_octets` of it (whole characters); empty for
// other parts. Markup is left as it is. For search and previews.
std::string decoded_text(std::string_view message, const Part& part, const Content& content, std::size_t max_octets);

}  // namespace mailtree::mime
