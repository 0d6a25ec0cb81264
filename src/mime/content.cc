// SPDX-License-Identifier: Apache-2.0
#include "mime/content.h"

#include "base/ascii.h"
#include "mime/charset.h"
#include "mime/content_kind.h"
#include "mime/header.h"
#include "mime/lexer.h"
#include "mime/limits.h"
#include "mime/transfer_encoding.h"

namespace mailtree::mime {
namespace {

struct MediaType {
  std::string type = "text";
  std::string subtype = "plain";
  std::vector<Parameter> parameters;
};

bool is_token(std::string_view text) {
  constexpr std::string_view tspecials = "()<>@,;:\\\"/[]?=";  // RFC 2045 5.1
  if (text.empty()) return false;
  for (const char c : text)
    if (c <= ' ' || c >= 0x7f || tspecials.find(c) != std::string_view::npos) return false;
  return true;
}

// RFC 2045 5.2: what cannot be understood is text/plain.
MediaType parse_media_type(std::string_view raw) {
  ParameterizedValue parsed = parse_parameterized(raw);
  const std::string lower = ascii::to_lower(parsed.value);
  const std::size_t slash = lower.find('/');
  if (slash == std::string::npos) return {};
  MediaType out{lower.substr(0, slash), lower.substr(slash + 1), std::move(parsed.parameters)};
  if (!is_token(out.type) || !is_token(out.subtype)) return {};
  return out;
}

MediaType default_media_type(bool in_digest) {
  if (in_digest) return {"message", "rfc822", {}};
  return {};
}

std::string parse_encoding(std::string_view raw) {
  Lexer lexer(raw);
  lexer.skip_blanks();
  std::string out = ascii::to_lower(lexer.run(";(\""));
  return is_token(out) ? out : "7bit";
}

std::vector<std::string> parse_languages(std::string_view raw) {
  std::vector<std::string> out;
  Lexer lexer(raw);
  while (out.size() < max_parameters) {
    lexer.skip_blanks();
    if (lexer.at_end()) break;
    if (lexer.accept(',')) continue;
    const std::string_view tag = lexer.run(",(");
    if (!tag.empty()) out.emplace_back(tag);
  }
  return out;
}

bool is_encoded(const std::string& encoding) {
  return transfer_encoding(encoding) != TransferEncoding::identity;
}

std::string boundary_of(const MediaType& type) {
  const std::string* plain = find_parameter(type.parameters, "boundary");
  std::string boundary = plain != nullptr ? *plain : decoded_parameter(type.parameters, "boundary").value_or("");
  while (boundary.ends_with(' ') || boundary.ends_with('\t')) boundary.pop_back();
  return boundary;
}

void set_once(std::optional<std::string>& target, const Field& field) {
  if (!target) target = unfold(field.value);
}

// Fields of which the first counts; Content-Type is taken by the caller.
void read_content_field(const Field& field, Content& content, bool& has_encoding) {
  const std::string name = ascii::to_lower(field.name);
  if (name == "content-transfer-encoding" && !has_encoding) {
    content.encoding = parse_encoding(field.value);
    has_encoding = true;
  } else if (name == "content-id") {
    set_once(content.id, field);
  } else if (name == "content-description") {
    set_once(content.description, field);
  } else if (name == "content-md5") {
    set_once(content.md5, field);
  } else if (name == "content-location") {
    set_once(content.location, field);
  } else if (name == "content-disposition" && !content.disposition) {
    ParameterizedValue disposition = parse_parameterized(field.value);
    if (!disposition.value.empty()) content.disposition = std::move(disposition);
  } else if (name == "content-language" && content.languages.empty()) {
    content.languages = parse_languages(field.value);
  }
}

// Types that promise structure must have it: clients would look for parts that are not there.
void make_effective(PartKind kind, Content& content) {
  const bool is_message = content.type == "message" && (content.subtype == "rfc822" || content.subtype == "global");
  if (kind == PartKind::leaf && (content.type == "multipart" || is_message)) {
    const bool octets = is_message && is_encoded(content.encoding);  // a legal message/global in base64 (RFC 6532 3.7)
    content.type = octets ? "application" : "text";
    content.subtype = octets ? "octet-stream" : "plain";
    content.parameters.clear();
  }
  if (content.is("text", "plain") && find_parameter(content.parameters, "charset") == nullptr &&
      find_parameter(content.parameters, "charset*") == nullptr)
    content.parameters.push_back({"charset", "us-ascii"});
}

}  // namespace

ContentKind content_kind(std::string_view header, bool in_digest) {
  const auto field = find_field(header, "Content-Type");
  ContentKind out;
  const MediaType type = field ? parse_media_type(field->value) : default_media_type(in_digest);
  if (type.type == "multipart") {
    out.boundary = boundary_of(type);
    if (out.boundary.empty() || out.boundary.size() > max_boundary_bytes) return {};
    out.kind = PartKind::multipart;
    out.is_digest = type.subtype == "digest";
  } else if (type.type == "message" && type.subtype == "rfc822") {
    out.kind = PartKind::message;
  } else if (type.type == "message" && type.subtype == "global") {
    const auto encoding = find_field(header, "Content-Transfer-Encoding");
    if (!encoding || !is_encoded(parse_encoding(encoding->value))) out.kind = PartKind::message;
  }
  return out;
}

Content describe(std::string_view message, const Part& part) {
  Content content;
  std::optional<MediaType> type;
  bool has_encoding = false;
  FieldCursor cursor(header_view(message.substr(part.header_begin, part.body_begin - part.header_begin)));
  while (const auto field = cursor.next()) {
    if (!ascii::starts_with(field->name, "content-")) continue;
    if (!type && ascii::equal(field->name, "content-type"))
      type = parse_media_type(field->value);
    else
      read_content_field(*field, content, has_encoding);
  }
  if (!type) type = default_media_type(part.in_digest);
  content.type = std::move(type->type);
  content.subtype = std::move(type->subtype);
  content.parameters = std::move(type->parameters);
  make_effective(part.kind, content);
  return content;
}

std::string decoded_text(std::string_view message, const Part& part, const Content& content, std::size_t max_octets) {
  if (part.kind != PartKind::leaf || content.type != "text") return {};
  const std::string_view body = message.substr(part.body_begin, part.body_end - part.body_begin);
  const auto encoding = transfer_encoding(content.encoding).value_or(TransferEncoding::identity);
  const std::string octets = decode_transfer(body, encoding, max_octets);
  const std::string text = to_utf8(octets, decoded_parameter(content.parameters, "charset").value_or(""));
  return std::string(cut_utf8(text, max_octets));
}

}  // namespace mailtree::mime
