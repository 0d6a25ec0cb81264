// SPDX-License-Identifier: Apache-2.0
// RFC 3501 section 5.1.3: UTF-16BE in base64 with "," for "/", without padding, between "&" and "-".
#include "imap/grammar/mailbox_name.h"

#include <array>

#include "base/ascii.h"
#include "imap/grammar/limits.h"
#include "imap/grammar/utf8.h"

namespace mailtree::imap {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

constexpr std::array<signed char, 128> make_values() {
  std::array<signed char, 128> values{};
  for (auto& value : values) value = -1;
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    values[static_cast<std::size_t>(alphabet[i])] = static_cast<signed char>(i);
  return values;
}
constexpr auto values = make_values();

constexpr bool is_direct(char32_t c) {
  return c >= 0x20 && c <= 0x7E;
}

// Writes 16-bit units as base64; finish() pads the last group with zero bits and closes with "-".
class ShiftWriter {
 public:
  explicit ShiftWriter(std::string& out) : out_(out) {}
  void add(char32_t c) {
    if (!open_) out_.push_back('&');
    open_ = true;
    if (c >= 0x10000) {
      unit(0xD800 + ((c - 0x10000) >> 10));
      unit(0xDC00 + ((c - 0x10000) & 0x3FF));
    } else {
      unit(c);
    }
  }
  void finish() {
    if (!open_) return;
    if (bits_ > 0) out_.push_back(alphabet[(pending_ << (6 - bits_)) & 0x3F]);
    out_.push_back('-');
    open_ = false;
    pending_ = 0, bits_ = 0;
  }

 private:
  void unit(char32_t u) {
    pending_ = (pending_ << 16) | u;
    bits_ += 16;
    while (bits_ >= 6) {
      bits_ -= 6;
      out_.push_back(alphabet[(pending_ >> bits_) & 0x3F]);
    }
    pending_ &= (1u << bits_) - 1;
  }

  std::string& out_;
  std::uint32_t pending_ = 0;
  unsigned bits_ = 0;
  bool open_ = false;
};

// One code unit of a shifted run into `out`; false if it may not stand there.
bool add_unit(std::string& out, char32_t unit, char32_t& high) {
  if (high != 0) {
    if (unit < 0xDC00 || unit > 0xDFFF) return false;
    append_code_point(out, 0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00));
    high = 0;
    return true;
  }
  if (unit >= 0xDC00 && unit <= 0xDFFF) return false;
  if (unit >= 0xD800 && unit < 0xDC00) {
    high = unit;
    return true;
  }
  if (unit < 0x80) return false;  // ASCII and controls have a form of their own, or none
  append_code_point(out, unit);
  return true;
}

// The text between "&" and "-".
bool decode_shifted(std::string_view base64, std::string& out) {
  std::uint32_t pending = 0;
  unsigned bits = 0;
  char32_t high = 0;
  for (const char c : base64) {
    const int value = ascii::is_8bit(c) ? -1 : values[static_cast<unsigned char>(c)];
    if (value < 0) return false;
    pending = (pending << 6) | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits < 16) continue;
    bits -= 16;
    if (!add_unit(out, (pending >> bits) & 0xFFFF, high)) return false;
    pending &= (1u << bits) - 1;
  }
  return bits < 6 && pending == 0 && high == 0;
}

}  // namespace

std::string encode_mailbox_name(std::string_view utf8) {
  std::string out;
  out.reserve(utf8.size());
  ShiftWriter shift(out);
  while (!utf8.empty()) {
    char32_t c = next_code_point(utf8);
    if (c == invalid_code_point) {
      c = 0xFFFD;
      utf8.remove_prefix(1);
    }
    if (!is_direct(c)) {
      shift.add(c);
      continue;
    }
    shift.finish();
    out.push_back(static_cast<char>(c));
    if (c == '&') out.push_back('-');
  }
  shift.finish();
  return out;
}

std::optional<std::string> decode_mailbox_name(std::string_view wire) {
  if (!is_utf8(wire)) return std::nullopt;
  std::string out;
  out.reserve(wire.size());
  bool after_shift = false;
  for (std::size_t i = 0; i < wire.size(); ++i) {
    const char c = wire[i];
    if (ascii::is_control(c)) return std::nullopt;
    if (c != '&') {
      out.push_back(c);
      after_shift = false;
      continue;
    }
    const std::size_t dash = wire.find('-', i + 1);
    if (dash == std::string_view::npos) return std::nullopt;
    if (dash == i + 1) {
      out.push_back('&');
      after_shift = false;
    } else {
      // Two runs in a row could have been one: not the canonical form.
      if (after_shift || !decode_shifted(wire.substr(i + 1, dash - i - 1), out)) return std::nullopt;
      after_shift = true;
    }
    i = dash;
  }
  return out;
}

void normalize_inbox(std::string& name) {
  constexpr std::string_view inbox = "INBOX";
  if (!ascii::starts_with(name, inbox)) return;
  if (name.size() == inbox.size() || name[inbox.size()] == hierarchy_separator) name.replace(0, inbox.size(), inbox);
}

bool read_mailbox(Decoder& decoder, std::string& name) {
  std::string wire;
  if (!decoder.astring(wire)) return false;
  auto decoded = decode_mailbox_name(wire);
  if (!decoded || decoded->size() > max_mailbox_name_bytes) {
    return decoder.fail(Error::permanent(Condition::cannot, "Invalid mailbox name"));
  }
  name = std::move(*decoded);
  normalize_inbox(name);
  return true;
}

}  // namespace mailtree::imap
