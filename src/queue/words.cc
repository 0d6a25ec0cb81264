// SPDX-License-Identifier: Apache-2.0
// Lines of words with checksums. See words.h.
#include "queue/words.h"

#include <array>

#include "base/ascii.h"

namespace mailtree::queue {
namespace {

constexpr std::string_view hex_digits = "0123456789ABCDEF";

bool stands_as_itself(char c) { return c > ' ' && c < 0x7f && c != '%'; }

int value_of(char digit) {
  const auto place = hex_digits.find(digit);
  return place == std::string_view::npos ? -1 : static_cast<int>(place);
}

constexpr std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t remainder = i;
    for (int bit = 0; bit < 8; ++bit) remainder = (remainder >> 1) ^ ((remainder & 1) != 0 ? 0x82f63b78U : 0U);
    table[i] = remainder;
  }
  return table;
}

constexpr auto crc_table = make_crc_table();

}  // namespace

std::string encode_word(std::string_view octets) {
  if (octets.empty()) return "-";
  if (octets == "-") return "%2D";  // the bare dash means empty
  std::string word;
  word.reserve(octets.size());
  for (const char c : octets) {
    if (stands_as_itself(c)) {
      word += c;
    } else {
      const auto octet = static_cast<unsigned char>(c);
      word += '%';
      word += hex_digits[octet >> 4];
      word += hex_digits[octet & 15];
    }
  }
  return word;
}

std::optional<std::string> decode_word(std::string_view word) {
  if (word.empty()) return std::nullopt;
  if (word == "-") return std::string();
  if (word == "%2D") return std::string("-");
  std::string octets;
  octets.reserve(word.size());
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (word[i] != '%') {
      if (!stands_as_itself(word[i])) return std::nullopt;
      octets += word[i];
      continue;
    }
    if (i + 2 >= word.size()) return std::nullopt;
    const int high = value_of(word[i + 1]);
    const int low = value_of(word[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    const char c = static_cast<char>(high * 16 + low);
    if (stands_as_itself(c)) return std::nullopt;  // one form only, so that equal values are equal text
    octets += c;
    i += 2;
  }
  return octets;
}

std::vector<std::string_view> split_words(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const auto space = line.find(' ');
    words.push_back(line.substr(0, space));
    if (space == std::string_view::npos) return words;
    line.remove_prefix(space + 1);
  }
}

std::uint32_t crc32c(std::string_view octets, std::uint32_t before) {
  std::uint32_t state = ~before;
  for (const char c : octets) state = (state >> 8) ^ crc_table[(state ^ static_cast<unsigned char>(c)) & 0xff];
  return ~state;
}

std::string hex32(std::uint32_t value) {
  std::string text(8, '0');
  for (int i = 7; i >= 0; --i, value >>= 4) text[static_cast<std::size_t>(i)] = "0123456789abcdef"[value & 15];
  return text;
}

LineWriter& LineWriter::word(std::string_view octets) {
  line_ += ' ';
  line_ += encode_word(octets);
  return *this;
}

LineWriter& LineWriter::number(std::uint64_t value) {
  line_ += ' ';
  line_ += std::to_string(value);
  return *this;
}

std::string_view LineReader::verb() {
  if (!more()) {
    ok_ = false;
    return {};
  }
  return words_[next_++];
}

std::string LineReader::word() {
  const auto decoded = decode_word(verb());
  if (!decoded) ok_ = false;
  return ok_ ? *decoded : std::string();
}

std::uint64_t LineReader::number(std::uint64_t max) {
  const std::string_view text = verb();
  const auto value = ascii::number<std::uint64_t>(text, max);
  const bool one_form = value && (text.size() == 1 || text.front() != '0');
  if (!one_form) ok_ = false;
  return ok_ ? *value : 0;
}

}  // namespace mailtree::queue
