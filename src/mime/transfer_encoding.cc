// SPDX-License-Identifier: Apache-2.0
#include "mime/transfer_encoding.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/encoding.h"

namespace mailtree::mime {
namespace {

constexpr std::size_t max_pending = 4096;  // blanks held back at the end of a piece
constexpr std::size_t encoded_columns = 76;
constexpr std::size_t npos = std::string_view::npos;

constexpr std::array<std::int8_t, 256> make_values() {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::array<std::int8_t, 256> values{};
  for (auto& value : values) value = -1;
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  return values;
}
constexpr auto base64_values = make_values();

int hex_value(char c) {
  if (ascii::is_digit(c)) return c - '0';
  c = ascii::lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

enum class Ahead { line_end, text, unknown };

// What follows the blanks from `at`; `behind` is set behind them, or behind the line end.
Ahead look_ahead(std::string_view text, std::size_t at, std::size_t& behind) {
  behind = std::min(text.find_first_not_of(" \t", at), text.size());
  if (behind == text.size()) return Ahead::unknown;
  if (text[behind] == '\n') return ++behind, Ahead::line_end;
  if (text[behind] != '\r') return Ahead::text;
  if (behind + 1 == text.size()) return Ahead::unknown;
  if (text[behind + 1] != '\n') return Ahead::text;
  behind += 2;
  return Ahead::line_end;
}

}  // namespace

std::optional<TransferEncoding> transfer_encoding(std::string_view name) {
  if (name.empty() || ascii::equal(name, "7bit") || ascii::equal(name, "8bit") || ascii::equal(name, "binary"))
    return TransferEncoding::identity;
  if (ascii::equal(name, "base64")) return TransferEncoding::base64;
  if (ascii::equal(name, "quoted-printable")) return TransferEncoding::quoted_printable;
  return std::nullopt;
}

void TransferDecoder::feed(std::string_view piece, std::string& out) {
  switch (encoding_) {
    case TransferEncoding::identity:
      out += piece;
      break;
    case TransferEncoding::base64:
      feed_base64(piece, out);
      break;
    case TransferEncoding::quoted_printable:
      feed_quoted_printable(piece, out);
      break;
  }
}

void TransferDecoder::feed_base64(std::string_view piece, std::string& out) {
  for (const char c : piece) {
    const int value = base64_values[static_cast<unsigned char>(c)];
    if (value >= 0) {
      if (padded_ && digits_ == 0) padded_ = false;  // another encoded text follows the padding
      bits_ = bits_ << 6 | static_cast<std::uint32_t>(value);
      if (++digits_ == 4) {
        out += static_cast<char>(bits_ >> 16 & 0xff);
        out += static_cast<char>(bits_ >> 8 & 0xff);
        out += static_cast<char>(bits_ & 0xff);
        digits_ = 0;
      }
    } else if (c == '=') {
      if (digits_ > 0)
        finish(out);
      else if (!padded_)
        clean_ = false;
      padded_ = true;
    } else if (!is_blank(c) && c != '\r' && c != '\n') {
      clean_ = false;
    }
  }
}

void TransferDecoder::feed_quoted_printable(std::string_view piece, std::string& out) {
  std::string joined;
  std::string_view in = piece;
  if (!pending_.empty()) {
    joined = std::move(pending_);
    joined += piece;
    in = joined;
    pending_.clear();
  }
  std::string left;
  for (std::size_t i = 0; i < in.size();) {
    const std::size_t special = std::min(in.find_first_of("= \t", i), in.size());
    out += in.substr(i, special - i);
    i = special;
    if (i == in.size()) break;
    std::size_t behind = 0;
    const bool escape = in[i] == '=';
    if (escape && i + 2 < in.size() && hex_value(in[i + 1]) >= 0 && hex_value(in[i + 2]) >= 0) {
      out += static_cast<char>(hex_value(in[i + 1]) * 16 + hex_value(in[i + 2]));
      i += 3;
      continue;
    }
    const bool half = escape && i + 2 == in.size() && hex_value(in[i + 1]) >= 0;
    const Ahead ahead = half ? Ahead::unknown : look_ahead(in, i + (escape ? 1 : 0), behind);
    if (ahead == Ahead::unknown && in.size() - i <= max_pending) {
      left = in.substr(i);
      break;
    }
    if (ahead == Ahead::line_end && escape) {
      i = behind;  // soft line break
    } else if (ahead == Ahead::line_end) {
      i = in.find_first_not_of(" \t", i);  // RFC 2045 6.7 (3): blanks at the end of a line are not part of it
    } else if (escape) {
      clean_ = false;
      out += in[i++];
    } else {
      const std::size_t text = std::min(in.find_first_not_of(" \t", i), in.size());
      out += in.substr(i, text - i);
      i = text;
    }
  }
  pending_ = std::move(left);
}

void TransferDecoder::finish(std::string& out) {
  if (encoding_ == TransferEncoding::base64) {
    if (digits_ == 1) clean_ = false;
    if (digits_ >= 2) out += static_cast<char>(bits_ >> (digits_ * 6 - 8) & 0xff);
    if (digits_ == 3) out += static_cast<char>(bits_ >> 2 & 0xff);
    digits_ = 0;
    bits_ = 0;
    return;
  }
  if (pending_.starts_with('=') && pending_.find_first_not_of("= \t\r") != npos) {
    clean_ = false;
    out += pending_;
  } else if (!pending_.starts_with('=') && pending_.ends_with('\r')) {
    out += pending_;
  }
  pending_.clear();
}

std::string decode_transfer(std::string_view body, TransferEncoding encoding, std::size_t max_octets) {
  constexpr std::size_t piece_octets = 16384;
  TransferDecoder decoder(encoding);
  std::string out;
  while (!body.empty() && out.size() < max_octets) {
    decoder.feed(body.substr(0, piece_octets), out);
    body.remove_prefix(std::min(piece_octets, body.size()));
  }
  if (body.empty()) decoder.finish(out);
  if (out.size() > max_octets) out.resize(max_octets);
  return out;
}

std::string encode_base64_lines(std::string_view octets) {
  constexpr std::size_t line_octets = encoded_columns / 4 * 3;
  std::string out;
  for (std::size_t i = 0; i < octets.size(); i += line_octets)
    out += base64_encode(octets.substr(i, line_octets)) + "\r\n";
  return out;
}

std::string encode_quoted_printable(std::string_view octets) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  std::size_t column = 0;
  for (std::size_t i = 0; i < octets.size(); ++i) {
    const char c = octets[i];
    const bool crlf = c == '\r' && i + 1 < octets.size() && octets[i + 1] == '\n';
    if (crlf || c == '\n') {
      out += "\r\n";
      column = 0;
      if (crlf) ++i;
      continue;
    }
    const bool at_end = i + 1 == octets.size() || octets[i + 1] == '\n' || octets[i + 1] == '\r';
    const bool plain = c != '=' && ((c > ' ' && c < 0x7f) || (is_blank(c) && !at_end));
    const std::size_t width = plain ? 1 : 3;
    if (column + width > encoded_columns - 1) {
      out += "=\r\n";
      column = 0;
    }
    if (plain) {
      out += c;
    } else {
      out += '=';
      out += digits[static_cast<unsigned char>(c) >> 4];
      out += digits[static_cast<unsigned char>(c) & 15];
    }
    column += width;
  }
  return out;
}

}  // namespace mailtree::mime
