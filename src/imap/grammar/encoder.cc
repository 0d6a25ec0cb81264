// SPDX-License-Identifier: Apache-2.0
// RFC 3501 section 9: string, nstring, astring as a server writes them.
#include "imap/grammar/encoder.h"

#include <charconv>

#include "base/ascii.h"
#include "imap/grammar/character.h"
#include "imap/grammar/mailbox_name.h"

namespace mailtree::imap {
namespace {

// Longer strings go as literals: some clients keep small buffers for quoted ones.
constexpr std::size_t max_quoted_bytes = 2000;

enum class Form : unsigned char { plain, escaped, literal };

Form choose_form(std::string_view text) {
  if (text.size() > max_quoted_bytes) return Form::literal;
  Form form = Form::plain;
  for (const char c : text) {
    if (is_in(c, quoted_class)) continue;
    if (c != '"' && c != '\\') return Form::literal;
    form = Form::escaped;
  }
  return form;
}

}  // namespace

void append_number(std::string& out, std::uint64_t number) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}

void append_literal_header(std::string& out, std::uint64_t octets) {
  out.push_back('{');
  append_number(out, octets);
  out.append("}\r\n");
}

void append_string(std::string& out, std::string_view text) {
  const Form form = choose_form(text);
  if (form == Form::literal) {
    append_literal_header(out, text.size());
    for (const char c : text) out.push_back(c == '\0' ? '\x80' : c);
    return;
  }
  out.push_back('"');
  if (form == Form::plain) {
    out.append(text);
  } else {
    for (const char c : text) {
      if (c == '"' || c == '\\') out.push_back('\\');
      out.push_back(c);
    }
  }
  out.push_back('"');
}

void append_nstring(std::string& out, const std::optional<std::string_view>& text) {
  if (text) {
    append_string(out, *text);
  } else {
    out.append("NIL");
  }
}

void append_astring(std::string& out, std::string_view text) {
  bool is_atom = !text.empty() && !ascii::equal(text, "NIL");
  for (const char c : text) is_atom = is_atom && is_in(c, astring_class);
  if (is_atom) {
    out.append(text);
  } else {
    append_string(out, text);
  }
}

void append_mailbox(std::string& out, std::string_view name) { append_string(out, encode_mailbox_name(name)); }

void append_text(std::string& out, std::string_view text) {
  for (const char c : text) out.push_back(ascii::is_control(c) || ascii::is_8bit(c) ? '?' : c);
}

}  // namespace mailtree::imap
