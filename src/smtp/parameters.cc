// SPDX-License-Identifier: Apache-2.0
#include "smtp/parameters.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/ascii.h"
#include "smtp/limits.h"

namespace mailtree::smtp {
namespace {

struct Parameter {
  std::string_view keyword;
  std::optional<std::string_view> value;
};

struct ParameterList {
  std::array<Parameter, limits::parameters> items;
  std::size_t count = 0;

  [[nodiscard]] bool has(std::string_view keyword) const {
    return std::any_of(items.begin(), items.begin() + count,
                       [keyword](const Parameter& p) { return ascii::equal(p.keyword, keyword); });
  }
};

Reply bad_parameter(std::string_view keyword) {
  return {501, "5.5.4", "Bad parameter " + ascii::printable(keyword, 40)};
}

Reply unknown_parameter(std::string_view keyword) {
  return {555, "5.5.4", "Unsupported parameter " + ascii::printable(keyword, 40)};
}

bool is_keyword(std::string_view text) {  // RFC 5321 4.1.2 esmtp-keyword
  if (text.empty() || text.front() == '-') return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return ascii::is_alpha(c) || ascii::is_digit(c) || c == '-'; });
}

bool is_value(std::string_view text) {  // esmtp-value; a "=" inside is let through as others do
  return !text.empty() && std::none_of(text.begin(), text.end(),
                                       [](char c) { return c == ' ' || ascii::is_control(c) || ascii::is_8bit(c); });
}

Parsed<ParameterList> split(std::string_view text) {
  ParameterList list;
  while (!(text = ascii::trim(text)).empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    const std::size_t equals = word.find('=');
    Parameter parameter{word.substr(0, equals), std::nullopt};
    if (equals != std::string_view::npos) parameter.value = word.substr(equals + 1);
    if (!is_keyword(parameter.keyword) || (parameter.value && !is_value(*parameter.value)))
      return Reply{501, "5.5.4", "Bad parameter syntax"};
    if (list.has(parameter.keyword)) return Reply{501, "5.5.4", "Parameter given twice"};
    if (list.count == limits::parameters) return Reply{501, "5.5.4", "Too many parameters"};
    list.items[list.count++] = parameter;
  }
  return list;
}

bool take_body(const std::optional<std::string_view>& value, const Offered& offered, MailParameters& out) {
  if (!value) return false;
  if (ascii::equal(*value, "7BIT")) {
    out.body = Body::seven_bit;
  } else if (ascii::equal(*value, "8BITMIME")) {
    out.body = Body::eight_bit;
  } else if (ascii::equal(*value, "BINARYMIME") && offered.binary) {
    out.body = Body::binary;
  } else {
    return false;
  }
  return true;
}

bool take_size(const std::optional<std::string_view>& value, MailParameters& out) {
  constexpr std::size_t max_digits = 20;  // RFC 1870 section 3
  if (!value || value->size() > max_digits) return false;
  const auto size = ascii::number<std::uint64_t>(*value, std::numeric_limits<std::uint64_t>::max());
  if (size) out.size = *size;
  return size.has_value();
}

bool take_return(const std::optional<std::string_view>& value, MailParameters& out) {
  if (!value) return false;
  if (ascii::equal(*value, "FULL")) {
    out.ret = Return::full;
  } else if (ascii::equal(*value, "HDRS")) {
    out.ret = Return::headers;
  }
  return out.ret != Return::not_given;
}

bool take_xtext(const std::optional<std::string_view>& value, std::size_t max, std::string& out) {
  if (!value || value->size() > max) return false;
  std::optional<std::string> decoded = decode_xtext(*value);
  if (!decoded || decoded->empty()) return false;
  out = std::move(*decoded);
  return true;
}

bool take_notify(const std::optional<std::string_view>& value, RcptParameters& out) {
  if (!value) return false;
  std::string_view rest = *value;
  while (true) {
    const std::size_t comma = rest.find(',');
    const std::string_view word = rest.substr(0, comma);
    const std::uint8_t bit = ascii::equal(word, "NEVER")     ? notify::never
                             : ascii::equal(word, "SUCCESS") ? notify::success
                             : ascii::equal(word, "FAILURE") ? notify::failure
                             : ascii::equal(word, "DELAY")   ? notify::delay
                                                             : std::uint8_t{0};
    if (bit == 0 || (out.notify & bit) != 0) return false;
    out.notify = static_cast<std::uint8_t>(out.notify | bit);
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  return (out.notify & notify::never) == 0 || out.notify == notify::never;  // RFC 3461 4.1: NEVER stands alone
}

// RFC 3461 4.2: address type, semicolon, xtext.
bool take_original(const std::optional<std::string_view>& value, RcptParameters& out) {
  if (!value || value->size() > limits::original_recipient) return false;
  const std::size_t semicolon = value->find(';');
  if (semicolon == std::string_view::npos || !is_keyword(value->substr(0, semicolon))) return false;
  std::string address;
  if (!take_xtext(value->substr(semicolon + 1), limits::original_recipient, address)) return false;
  out.original = ascii::to_lower(value->substr(0, semicolon)) + ";" + address;
  return true;
}

enum class Outcome : unsigned char { taken, bad, unknown };

Outcome outcome_of(bool taken) {
  return taken ? Outcome::taken : Outcome::bad;
}

Outcome take_mail(const Parameter& parameter, const Offered& offered, MailParameters& out) {
  const std::string_view keyword = parameter.keyword;
  if (ascii::equal(keyword, "SIZE") && offered.size) return outcome_of(take_size(parameter.value, out));
  if (ascii::equal(keyword, "BODY") && offered.eight_bit) return outcome_of(take_body(parameter.value, offered, out));
  if (ascii::equal(keyword, "RET") && offered.dsn) return outcome_of(take_return(parameter.value, out));
  if (ascii::equal(keyword, "ENVID") && offered.dsn)
    return outcome_of(take_xtext(parameter.value, limits::envelope_id, out.envelope_id));
  if (ascii::equal(keyword, "AUTH") && offered.auth)
    return outcome_of(take_xtext(parameter.value, limits::original_recipient, out.auth_identity));
  if (ascii::equal(keyword, "SMTPUTF8") && offered.smtputf8) {
    out.smtputf8 = true;
    return outcome_of(!parameter.value);
  }
  return Outcome::unknown;
}

Outcome take_rcpt(const Parameter& parameter, const Offered& offered, RcptParameters& out) {
  if (ascii::equal(parameter.keyword, "NOTIFY") && offered.dsn) return outcome_of(take_notify(parameter.value, out));
  if (ascii::equal(parameter.keyword, "ORCPT") && offered.dsn) return outcome_of(take_original(parameter.value, out));
  return Outcome::unknown;
}

template <typename Values, typename Take>
Parsed<Values> parse(std::string_view text, const Offered& offered, Take take) {
  const Parsed<ParameterList> list = split(text);
  if (const Reply* refusal = std::get_if<Reply>(&list)) return *refusal;
  const ParameterList& parameters = std::get<ParameterList>(list);
  Values values;
  for (std::size_t i = 0; i < parameters.count; ++i) {
    const Parameter& parameter = parameters.items[i];
    const Outcome outcome = take(parameter, offered, values);
    if (outcome == Outcome::bad) return bad_parameter(parameter.keyword);
    if (outcome == Outcome::unknown) return unknown_parameter(parameter.keyword);
  }
  return values;
}

}  // namespace

Parsed<MailParameters> parse_mail_parameters(std::string_view text, const Offered& offered) {
  return parse<MailParameters>(text, offered, take_mail);
}

Parsed<RcptParameters> parse_rcpt_parameters(std::string_view text, const Offered& offered) {
  return parse<RcptParameters>(text, offered, take_rcpt);
}

std::optional<std::string> decode_xtext(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";  // RFC 3461 section 4: upper case only
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+') {
      if (i + 2 >= text.size()) return std::nullopt;
      const std::size_t high = digits.find(text[i + 1]);
      const std::size_t low = digits.find(text[i + 2]);
      if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
      c = static_cast<char>(high << 4 | low);
      i += 2;
    } else if (c == '=') {
      return std::nullopt;
    }
    if (ascii::is_control(c) || ascii::is_8bit(c)) return std::nullopt;
    out += c;
  }
  return out;
}

std::string encode_xtext(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (c > ' ' && c < 0x7f && c != '+' && c != '=') {
      out += c;
    } else {
      out += '+';
      out += digits[static_cast<unsigned char>(c) >> 4];
      out += digits[static_cast<unsigned char>(c) & 15];
    }
  }
  return out;
}

}  // namespace mailtree::smtp
