// SPDX-License-Identifier: Apache-2.0
#include "mime/parameter.h"

#include <map>

#include "base/ascii.h"
#include "mime/charset.h"
#include "mime/encoded_word.h"
#include "mime/lexer.h"
#include "mime/limits.h"

namespace mailtree::mime {
namespace {

// Unquoted values run to the ';': senders leave file names with blanks unquoted. A comment ends them (RFC 2045 5.1).
std::string read_value(Lexer& lexer) {
  if (lexer.peek() == '"') return lexer.quoted_string();
  std::string out;
  while (!lexer.at_end() && lexer.peek() != ';') {
    if (!out.empty()) out += ' ';
    out += lexer.run("; ");
    if (!lexer.skip_blanks()) break;
  }
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

// RFC 2231 section of a parameter: name*N or name*N*; index 0 also stands for name*.
struct Section {
  std::string_view value;
  bool extended = false;
};

// "*0*" -> index and extended; nullopt if `suffix` is none of the forms.
std::optional<std::pair<std::size_t, bool>> parse_suffix(std::string_view suffix) {
  if (suffix == "*") return std::pair<std::size_t, bool>{0, true};
  const bool extended = suffix.ends_with('*');
  const std::string_view digits = suffix.substr(1, suffix.size() - 1 - (extended ? 1 : 0));
  if (digits.size() > 1 && digits.front() == '0') return std::nullopt;
  const auto index = ascii::number<std::uint32_t>(digits, max_continuation);
  if (!index) return std::nullopt;
  return std::pair<std::size_t, bool>{*index, extended};
}

int hex_value(char c) {
  if (ascii::is_digit(c)) return c - '0';
  c = ascii::lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void append_percent_decoded(std::string_view text, std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high >= 0 && low >= 0) {
        out += static_cast<char>(high * 16 + low);
        i += 2;
        continue;
      }
    }
    out += text[i];
  }
}

std::map<std::size_t, Section> find_sections(const std::vector<Parameter>& parameters, std::string_view name) {
  std::map<std::size_t, Section> sections;
  for (const Parameter& parameter : parameters) {
    const std::string_view written = parameter.name;
    if (written.size() <= name.size() || written[name.size()] != '*' || !ascii::starts_with(written, name)) continue;
    if (const auto suffix = parse_suffix(written.substr(name.size())))
      sections.try_emplace(suffix->first, Section{parameter.value, suffix->second});
  }
  return sections;
}

std::string join_sections(const std::map<std::size_t, Section>& sections) {
  std::string octets;
  std::string charset;
  std::size_t expected = 0;
  for (const auto& [index, section] : sections) {
    if (index != expected++) break;  // RFC 2231 3: numbers without gaps
    std::string_view value = section.value;
    if (index == 0 && section.extended) {
      const std::size_t first = value.find('\'');
      const std::size_t second = first == std::string_view::npos ? first : value.find('\'', first + 1);
      if (second != std::string_view::npos) {
        charset = std::string(value.substr(0, first));
        value.remove_prefix(second + 1);
      }
    }
    if (section.extended)
      append_percent_decoded(value, octets);
    else
      octets += value;
  }
  return to_utf8(octets, charset);
}

}  // namespace

ParameterizedValue parse_parameterized(std::string_view raw) {
  ParameterizedValue out;
  Lexer lexer(raw);
  lexer.skip_blanks();
  out.value = std::string(lexer.run("/;("));
  lexer.skip_blanks();
  if (lexer.accept('/')) {
    lexer.skip_blanks();
    out.value += '/';
    out.value += lexer.run(";(");
  }
  while (out.parameters.size() < max_parameters) {
    lexer.skip_blanks();
    if (lexer.at_end()) break;
    if (lexer.accept(';')) continue;
    if (lexer.peek() == '"') {
      lexer.quoted_string();
      continue;
    }
    const std::string_view name = lexer.run("=;(\"");
    lexer.skip_blanks();
    if (!lexer.accept('=')) continue;
    lexer.skip_blanks();
    std::string value = read_value(lexer);
    if (!name.empty()) out.parameters.push_back({std::string(name), std::move(value)});
  }
  return out;
}

const std::string* find_parameter(const std::vector<Parameter>& parameters, std::string_view name) {
  for (const Parameter& parameter : parameters)
    if (ascii::equal(parameter.name, name)) return &parameter.value;
  return nullptr;
}

std::optional<std::string> decoded_parameter(const std::vector<Parameter>& parameters, std::string_view name) {
  const auto sections = find_sections(parameters, name);
  if (!sections.empty() && sections.begin()->first == 0) {
    std::string text = join_sections(sections);
    blank_controls(text);
    return text;
  }
  const std::string* plain = find_parameter(parameters, name);
  if (plain == nullptr) return std::nullopt;
  return decode_text(*plain);
}

}  // namespace mailtree::mime
