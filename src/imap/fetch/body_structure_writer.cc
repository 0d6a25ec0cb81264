// SPDX-License-Identifier: Apache-2.0
// RFC 3501 section 9: body-type-1part, body-type-mpart. Recursion is bounded by mime::max_depth.
#include "imap/fetch/body_structure_writer.h"

#include "imap/fetch/envelope_writer.h"
#include "imap/grammar/encoder.h"
#include "mime/content.h"

namespace mailtree::imap {
namespace {

void append_parameters(std::string& out, const std::vector<mime::Parameter>& parameters) {
  if (parameters.empty()) {
    out.append("NIL");
    return;
  }
  char before = '(';
  for (const mime::Parameter& parameter : parameters) {
    out.push_back(before);
    append_string(out, parameter.name);
    out.push_back(' ');
    append_string(out, parameter.value);
    before = ' ';
  }
  out.push_back(')');
}

void append_optional(std::string& out, const std::optional<std::string>& text) {
  if (text) {
    append_string(out, *text);
  } else {
    out.append("NIL");
  }
}

void append_disposition(std::string& out, const std::optional<mime::ParameterizedValue>& disposition) {
  if (!disposition || disposition->value.empty()) {
    out.append("NIL");
    return;
  }
  out.push_back('(');
  append_string(out, disposition->value);
  out.push_back(' ');
  append_parameters(out, disposition->parameters);
  out.push_back(')');
}

void append_languages(std::string& out, const std::vector<std::string>& languages) {
  if (languages.empty()) {
    out.append("NIL");
    return;
  }
  char before = '(';
  for (const std::string& language : languages) {
    out.push_back(before);
    append_string(out, language);
    before = ' ';
  }
  out.push_back(')');
}

// body-fld-dsp, body-fld-lang, body-fld-loc: the end of both kinds of parts.
void append_common_extension(std::string& out, const mime::Content& content) {
  out.push_back(' ');
  append_disposition(out, content.disposition);
  out.push_back(' ');
  append_languages(out, content.languages);
  out.push_back(' ');
  append_optional(out, content.location);
}

class Writer {
 public:
  Writer(std::string& out, std::string_view message, const mime::PartTree& tree, bool extended)
      : out_(out), message_(message), tree_(tree), extended_(extended) {}

  void append(std::uint32_t index) {
    const mime::Part& part = tree_.parts[index];
    const mime::Content content = mime::describe(message_, part);
    out_.push_back('(');
    if (part.kind == mime::PartKind::multipart) {
      append_multipart(part, content);
    } else {
      append_single(part, content);
    }
    out_.push_back(')');
  }

 private:
  void append_multipart(const mime::Part& part, const mime::Content& content) {
    for (std::uint32_t child = part.first_child; child != mime::no_part; child = tree_.parts[child].next_sibling) {
      append(child);
    }
    out_.push_back(' ');
    append_string(out_, content.subtype);
    if (!extended_) return;
    out_.push_back(' ');
    append_parameters(out_, content.parameters);
    append_common_extension(out_, content);
  }

  void append_single(const mime::Part& part, const mime::Content& content) {
    append_string(out_, content.type);
    out_.push_back(' ');
    append_string(out_, content.subtype);
    out_.push_back(' ');
    append_parameters(out_, content.parameters);
    out_.push_back(' ');
    append_optional(out_, content.id);
    out_.push_back(' ');
    append_optional(out_, content.description);
    out_.push_back(' ');
    append_string(out_, content.encoding);
    out_.push_back(' ');
    append_number(out_, part.body_octets());
    if (part.kind == mime::PartKind::message) append_embedded(part);
    if (part.kind == mime::PartKind::message || content.type == "text") {
      out_.push_back(' ');
      append_number(out_, part.body_lines);
    }
    if (!extended_) return;
    out_.push_back(' ');
    append_optional(out_, content.md5);
    append_common_extension(out_, content);
  }

  void append_embedded(const mime::Part& part) {
    const mime::Part& inner = tree_.parts[part.first_child];
    out_.push_back(' ');
    append_envelope(out_, message_.substr(inner.header_begin, inner.header().size()));
    out_.push_back(' ');
    append(part.first_child);
  }

  std::string& out_;
  std::string_view message_;
  const mime::PartTree& tree_;
  bool extended_;
};

}  // namespace

void append_body_structure(std::string& out, std::string_view message, const mime::PartTree& tree, bool extended) {
  Writer(out, message, tree, extended).append(0);
}

}  // namespace mailtree::imap
