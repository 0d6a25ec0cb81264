// SPDX-License-Identifier: Apache-2.0
// Integers and strings as octets: little-endian, variable-length (7 bits an octet, low ones first) and big-endian for
// keys that must sort. The reader never passes its end; after a failure it stays failed and gives zeros.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mailtree::store {

template <typename T>
void put_little(std::string& out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    out.push_back(static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i)));
  }
}

template <typename T>
void put_big(std::string& out, T value) {
  for (std::size_t i = sizeof(T); i-- > 0;) {
    out.push_back(static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i)));
  }
}

inline void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

inline void put_string(std::string& out, std::string_view text) {
  put_varint(out, text.size());
  out.append(text);
}

class OctetReader {
 public:
  explicit OctetReader(std::string_view octets) : rest_(octets) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] bool finished() const { return ok_ && rest_.empty(); }

  std::string_view take(std::uint64_t size) {
    if (!ok_ || size > rest_.size()) {
      ok_ = false;
      return {};
    }
    const std::string_view part = rest_.substr(0, static_cast<std::size_t>(size));
    rest_.remove_prefix(static_cast<std::size_t>(size));
    return part;
  }

  template <typename T>
  T little() {
    const std::string_view part = take(sizeof(T));
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < part.size(); ++i)
      value |= std::uint64_t{static_cast<unsigned char>(part[i])} << (8 * i);
    return static_cast<T>(value);
  }

  template <typename T>
  T big() {
    std::uint64_t value = 0;
    for (const char c : take(sizeof(T))) value = (value << 8) | static_cast<unsigned char>(c);
    return static_cast<T>(value);
  }

  // A number above `max` counts as damage.
  std::uint64_t varint(std::uint64_t max = ~std::uint64_t{0}) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::string_view part = take(1);
      if (part.empty()) return 0;
      const auto octet = static_cast<unsigned char>(part[0]);
      value |= std::uint64_t{octet & 0x7fU} << shift;
      if ((octet & 0x80U) == 0) {
        if (value > max || (shift == 63 && octet > 1)) break;
        return value;
      }
    }
    ok_ = false;
    return 0;
  }

  template <typename T>
  T number() {
    return static_cast<T>(varint(static_cast<std::uint64_t>(static_cast<T>(-1))));
  }

  std::string string(std::size_t max) { return std::string(take(varint(max))); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace mailtree::store
