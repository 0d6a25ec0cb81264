// SPDX-License-Identifier: Apache-2.0
// The text the queue's files are made of: lines of words, each line checked. Words hold any octets: space, control,
// '%' and 8-bit octets stand as %XX, the empty word as "-". Readable with a pager, exact for a program.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailtree::queue {

std::string encode_word(std::string_view octets);
std::optional<std::string> decode_word(std::string_view word);  // only what encode_word() can make

// Cuts at single spaces. Empty pieces mean the line is malformed: they decode to nothing.
std::vector<std::string_view> split_words(std::string_view line);

// CRC-32C (Castagnoli, reflected) of `octets`, continuing from `before`.
std::uint32_t crc32c(std::string_view octets, std::uint32_t before = 0);
std::string hex32(std::uint32_t value);  // eight lower-case digits

// Collects one line. Numbers are decimal.
class LineWriter {
 public:
  explicit LineWriter(std::string_view verb) : line_(verb) {}
  LineWriter& word(std::string_view octets);
  LineWriter& number(std::uint64_t value);
  [[nodiscard]] std::string take() { return std::move(line_); }

 private:
  std::string line_;
};

// Reads the words of one line in order; after the first mistake every answer is empty and `ok()` is false.
class LineReader {
 public:
  explicit LineReader(std::string_view line) : words_(split_words(line)) {}
  std::string_view verb();
  std::string word();
  std::uint64_t number(std::uint64_t max = ~std::uint64_t{0});
  [[nodiscard]] bool more() const { return ok_ && next_ < words_.size(); }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return ok_ && next_ == words_.size(); }

 private:
  std::vector<std::string_view> words_;
  std::size_t next_ = 0;
  bool ok_ = true;
};

}  // namespace mailtree::queue
