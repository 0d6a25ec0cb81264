// SPDX-License-Identifier: Apache-2.0
#include "mime/encoded_word.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "base/ascii.h"
#include "base/encoding.h"
#include "mime/charset.h"
#include "mime/header.h"
#include "mime/transfer_encoding.h"

namespace mailtree::mime {
namespace {

struct EncodedWord {
  std::string_view written;
  std::string_view charset;
  std::string octets;
};

std::optional<std::string> decode_q(std::string_view text) {
  std::string quoted(text);
  std::replace(quoted.begin(), quoted.end(), '_', ' ');
  std::string out;
  for (std::size_t i = 0; i < quoted.size(); ++i) {
    if (quoted[i] != '=') {
      out += quoted[i];
      continue;
    }
    const auto octet = hex_decode(std::string_view(quoted).substr(i + 1, 2));
    if (!octet || octet->size() != 1) return std::nullopt;
    out += *octet;
    i += 2;
  }
  return out;
}

std::optional<std::string> decode_b(std::string_view text) {
  TransferDecoder decoder(TransferEncoding::base64);
  std::string out;
  decoder.feed(text, out);
  decoder.finish(out);
  if (!decoder.clean()) return std::nullopt;
  return out;
}

// At "=?". Every part ends at the next '?', so that a field full of beginnings is still read in linear time.
std::optional<EncodedWord> parse_word(std::string_view text) {
  const std::size_t charset_end = text.find('?', 2);
  if (charset_end == std::string_view::npos || charset_end + 2 >= text.size() || text[charset_end + 2] != '?')
    return std::nullopt;
  const std::size_t begin = charset_end + 3;
  const std::size_t end = text.find('?', begin);
  if (end == std::string_view::npos || end + 1 >= text.size() || text[end + 1] != '=') return std::nullopt;
  EncodedWord word{text.substr(0, end + 2), text.substr(2, charset_end - 2), {}};
  const char encoding = ascii::lower(text[charset_end + 1]);
  const std::string_view body = text.substr(begin, end - begin);
  const auto octets = encoding == 'q' ? decode_q(body) : (encoding == 'b' ? decode_b(body) : std::nullopt);
  if (!octets || word.charset.empty()) return std::nullopt;
  word.octets = *octets;
  return word;
}

// Collects the output; holds back words of one charset until another one or plain text comes.
class TextBuilder {
 public:
  void add_plain(std::string_view text) {
    if (text.empty()) return;
    flush_word();
    plain_ += text;
  }

  void add_word(const EncodedWord& word) {
    if (!has_word_ || !ascii::equal(charset_, word.charset)) {
      flush_word();
      charset_ = word.charset;
      has_word_ = true;
    } else {
      written_ += ' ';
    }
    written_ += word.written;
    octets_ += word.octets;
  }

  std::string finish() {
    flush_word();
    flush_plain();
    blank_controls(out_);
    return std::move(out_);
  }

 private:
  void flush_word() {
    if (!has_word_) return;
    flush_plain();
    const bool is_ascii_name = ascii::equal(charset_, "us-ascii");
    const auto text = is_ascii_name ? to_utf8(octets_) : convert_to_utf8(octets_, charset_);
    out_ += text ? *text : to_utf8(written_);
    written_.clear();
    octets_.clear();
    has_word_ = false;
  }

  void flush_plain() {
    if (!plain_.empty()) out_ += to_utf8(plain_);
    plain_.clear();
  }

  std::string out_;
  std::string plain_;
  std::string written_;
  std::string octets_;
  std::string_view charset_;
  bool has_word_ = false;
};

bool is_blank_only(std::string_view text) {
  return text.find_first_not_of(" \t") == std::string_view::npos;
}

}  // namespace

std::string decode_text(std::string_view value) {
  const std::string text = unfold(value);
  const std::string_view all = text;
  TextBuilder builder;
  std::size_t plain_begin = 0;
  bool after_word = false;
  for (std::size_t at = all.find("=?"); at != std::string_view::npos;) {
    const auto word = parse_word(all.substr(at));
    if (!word) {
      at = all.find("=?", at + 2);
      continue;
    }
    const std::string_view between = all.substr(plain_begin, at - plain_begin);
    if (!after_word || !is_blank_only(between))
      builder.add_plain(between);  // RFC 2047 6.2: blanks between words vanish
    builder.add_word(*word);
    after_word = true;
    plain_begin = at + word->written.size();
    at = all.find("=?", plain_begin);
  }
  builder.add_plain(all.substr(plain_begin));
  return builder.finish();
}

std::string encode_text(std::string_view utf8) {
  constexpr std::size_t word_octets = 45;  // 60 digits of base64: with "=?UTF-8?B?" and "?=" 72 columns
  std::string clean(utf8);
  blank_controls(clean);
  const std::string_view text = ascii::trim(clean);
  if (std::none_of(text.begin(), text.end(), ascii::is_8bit) && text.find("=?") == std::string_view::npos)
    return std::string(text);
  std::string out;
  for (std::string_view left = text; !left.empty();) {
    std::string_view piece = cut_utf8(left, word_octets);
    if (piece.empty()) piece = left.substr(0, word_octets);  // not UTF-8 at all
    if (!out.empty()) out += "\r\n ";
    out += "=?UTF-8?B?" + base64_encode(piece) + "?=";
    left.remove_prefix(piece.size());
  }
  return out;
}

}  // namespace mailtree::mime
