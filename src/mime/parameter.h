// SPDX-License-Identifier: Apache-2.0
// Structured values with parameters (RFC 2045 5.1, RFC 2183) and their RFC 2231 extensions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailtree::mime {

struct Parameter {
  std::string name;   // as written, e.g. "charset", "filename*0*"
  std::string value;  // unquoted, not decoded; may hold 8-bit octets, never CR, LF or NUL
  friend bool operator==(const Parameter&, const Parameter&) = default;
};

// "value; name=value; …". At most max_parameters; what is malformed is skipped up to the next ';'.
struct ParameterizedValue {
  std::string value;  // the token or type/subtype in front, blanks and comments removed, as written
  std::vector<Parameter> parameters;
};
ParameterizedValue parse_parameterized(std::string_view raw);

// The value of the plain parameter `name`, undecoded; nullptr if absent.
const std::string* find_parameter(const std::vector<Parameter>& parameters, std::string_view name);

// The parameter `name` as UTF-8 without control octets: RFC 2231 continuations and charsets, then the plain form
// (with encoded words decoded, which RFC 2047 forbids and many senders do). nullopt if absent.
std::optional<std::string> decoded_parameter(const std::vector<Parameter>& parameters, std::string_view name);

}  // namespace mailtree::mime
