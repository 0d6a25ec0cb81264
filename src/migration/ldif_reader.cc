// SPDX-License-Identifier: Apache-2.0
#include "migration/ldif_reader.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "base/encoding.h"

namespace mailtree::migration {
namespace {

constexpr int end_of_file = std::char_traits<char>::eof();
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";  // some editors put it there

// RFC 2849 attribute-description: a name or an OID, and options.
bool is_description(std::string_view name) {
  const auto usual = [](char c) {
    return ascii::is_alpha(c) || ascii::is_digit(c) || c == '-' || c == '.' || c == ';' || c == '_';
  };
  return !name.empty() && name.front() != ';' && std::all_of(name.begin(), name.end(), usual);
}

}  // namespace

std::variant<LdifLine, std::string> parse_ldif_line(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (text == "-") return std::string("a \"-\" belongs to a change record; imported are entries alone");
  if (colon == std::string_view::npos) return std::string("neither a comment nor \"name: value\"");
  LdifLine line;
  line.attribute = ascii::trim(text.substr(0, colon));
  if (!is_description(line.attribute))
    return "\"" + ascii::printable(line.attribute, 60) + "\" is no name of an attribute";
  text.remove_prefix(colon + 1);
  if (text.starts_with('<')) return std::string("values by URL (\":<\") are not fetched");
  const bool encoded = text.starts_with(':');
  if (encoded) text.remove_prefix(1);
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  if (encoded) {
    auto value = base64_decode(ascii::trim(text));
    if (!value) return std::string("the value is no base64");
    line.value = std::move(*value);
    return line;
  }
  if (text.find('\0') != std::string_view::npos) return std::string("a NUL octet outside of base64");
  line.value = text;
  return line;
}

LdifReader::LdifReader(std::istream& in, LdifLimits limits) : in_(in), limits_(limits) {}

void LdifReader::go_to(const Place& place) {
  in_.clear();
  in_.seekg(static_cast<std::streamoff>(place.offset));
  now_ = place;
  in_record_ = false;
}

// Appends the rest of a line of the file, without its end, be that LF or CR LF.
void LdifReader::read_physical(Line& line) {
  std::streambuf& buffer = *in_.rdbuf();
  bool ended = false;
  while (!ended) {
    const int octet = buffer.sbumpc();
    ended = octet == '\n' || octet == end_of_file;
    if (octet != end_of_file) ++now_.offset;
    if (ended) break;
    if (line.text.size() < limits_.line_bytes)
      line.text += static_cast<char>(octet);
    else
      line.too_long = true;
  }
  ++now_.lines_before;
  if (line.text.ends_with('\r')) line.text.pop_back();
}

// The next line, unfolded, comments left out. An empty one ends a record.
std::optional<LdifReader::Line> LdifReader::next_line() {
  std::streambuf& buffer = *in_.rdbuf();
  while (buffer.sgetc() != end_of_file) {
    Line line;
    line.number = now_.lines_before + 1;
    read_physical(line);
    if (line.number == 1 && line.text.starts_with(byte_order_mark)) line.text.erase(0, byte_order_mark.size());
    // RFC 2849 note 2: a line that begins with one blank goes on with the line before, comments as well.
    while (!line.text.empty() && buffer.sgetc() == ' ') {
      buffer.sbumpc();
      ++now_.offset;
      read_physical(line);
    }
    if (!line.text.starts_with('#')) return line;
  }
  return std::nullopt;
}

LdifProblem LdifReader::skip_record(std::string dn, std::size_t line, std::string reason) {
  while (in_record_) {
    const auto next = next_line();
    in_record_ = next && !next->text.empty();
  }
  return LdifProblem{std::move(dn), line, std::move(reason)};
}

// Adds `line` to `entry`, or says why the whole record cannot be used.
std::optional<LdifProblem> LdifReader::take(LdifEntry& entry, std::size_t& bytes, const Line& line) {
  if (line.too_long)
    return skip_record(entry.dn, line.number, "a line of more than " + std::to_string(limits_.line_bytes) + " octets");
  auto parsed = parse_ldif_line(line.text);
  if (const auto* reason = std::get_if<std::string>(&parsed)) return skip_record(entry.dn, line.number, *reason);
  auto& found = std::get<LdifLine>(parsed);
  found.line = line.number;
  if (ascii::equal(found.attribute, "changetype") || ascii::equal(found.attribute, "control"))
    return skip_record(entry.dn, line.number, "a change record (" + found.attribute + "); imported are entries alone");
  if (ascii::equal(found.attribute, "dn"))
    return skip_record(entry.dn, line.number, "a second \"dn:\"; there is no empty line before it");
  bytes += found.attribute.size() + found.value.size();
  if (bytes > limits_.entry_bytes)
    return skip_record(entry.dn, line.number,
                       "more than " + std::to_string(limits_.entry_bytes) + " octets in an entry");
  entry.lines.push_back(std::move(found));
  return std::nullopt;
}

std::optional<std::variant<LdifEntry, LdifProblem>> LdifReader::next() {
  using Record = std::variant<LdifEntry, LdifProblem>;
  LdifEntry entry;
  std::size_t bytes = 0;
  for (;;) {
    const Place before = now_;
    const auto line = next_line();
    in_record_ = line && !line->text.empty();
    if (!in_record_) {
      if (entry.line != 0) {
        if (entry.lines.empty()) return Record(LdifProblem{entry.dn, entry.line, "an entry without attributes"});
        return Record(std::move(entry));
      }
      if (!line) return std::nullopt;
      continue;
    }
    if (entry.line != 0) {
      if (auto problem = take(entry, bytes, *line)) return Record(std::move(*problem));
      continue;
    }
    record_ = before;
    auto parsed = parse_ldif_line(line->text);
    auto* const first = std::get_if<LdifLine>(&parsed);
    if (first != nullptr && before.offset == 0 && ascii::equal(first->attribute, "version")) {
      if (ascii::trim(first->value) == "1") continue;
      return Record(skip_record("", line->number, "LDIF of version " + ascii::printable(first->value, 20) + ", not 1"));
    }
    if (line->too_long || first == nullptr || !ascii::equal(first->attribute, "dn")) {
      std::string why = "a record has to begin with \"dn:\"";
      if (first == nullptr) why = std::get<std::string>(parsed);
      if (line->too_long) why = "the line is too long";
      return Record(skip_record("", line->number, std::move(why)));
    }
    entry.dn = first->value;
    entry.line = line->number;
  }
}

}  // namespace mailtree::migration
