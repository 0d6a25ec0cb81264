// SPDX-License-Identifier: Apache-2.0
#include "mime/charset.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>
#include <unicode/ucnv.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>

#include "base/ascii.h"

namespace mailtree::mime {
namespace {

constexpr std::size_t max_charset_name = 40;

struct Alias {
  std::string_view name;
  const char* converter;
};
// Names that in mail mean a superset of what the standard says.
constexpr std::array aliases = {Alias{"iso-8859-1", "windows-1252"},
                                Alias{"latin1", "windows-1252"},
                                Alias{"iso8859-1", "windows-1252"},
                                Alias{"gb2312", "gb18030"},
                                Alias{"gbk", "gb18030"},
                                Alias{"ks_c_5601-1987", "windows-949"},
                                Alias{"euc-kr", "windows-949"},
                                Alias{"iso-8859-9", "windows-1254"},
                                Alias{"iso-8859-11", "windows-874"},
                                Alias{"tis-620", "windows-874"},
                                Alias{"shift_jis", "ibm-943_P15A-2003"}};

struct ConverterCloser {
  void operator()(UConverter* converter) const { ucnv_close(converter); }
};
using Converter = std::unique_ptr<UConverter, ConverterCloser>;

// ICU looks for unknown names among files and takes options behind a comma: only plain names of its alias table are let
// through.
Converter open_converter(std::string_view charset) {
  std::string name(charset.substr(0, charset.find('*')));  // RFC 2231 5: a language may follow
  const auto is_name = [](char c) {
    return ascii::is_alpha(c) || ascii::is_digit(c) || c == '-' || c == '_' || c == '.' || c == ':';
  };
  if (name.empty() || name.size() > max_charset_name || !std::all_of(name.begin(), name.end(), is_name)) return nullptr;
  const char* wanted = name.c_str();
  for (const Alias& alias : aliases)
    if (ascii::equal(name, alias.name)) wanted = alias.converter;
  UErrorCode status = U_ZERO_ERROR;
  if (ucnv_countAliases(wanted, &status) == 0 || U_FAILURE(status)) return nullptr;
  Converter converter(ucnv_open(wanted, &status));
  return U_FAILURE(status) ? nullptr : std::move(converter);
}

bool is_utf8_name(std::string_view charset) {
  return ascii::equal(charset, "utf-8") || ascii::equal(charset, "utf8");
}

// What is longer than ICU can count in 32 bits is cut; callers bound their texts far below.
std::string convert(UConverter* converter, std::string_view octets) {
  constexpr std::size_t max_octets = std::numeric_limits<std::int32_t>::max() / 8;
  octets = octets.substr(0, max_octets);
  std::string out;
  auto needed = static_cast<std::int32_t>(octets.size() * 2 + 16);
  UErrorCode status = U_BUFFER_OVERFLOW_ERROR;
  while (status == U_BUFFER_OVERFLOW_ERROR) {
    out.resize(static_cast<std::size_t>(needed) + 1);
    status = U_ZERO_ERROR;
    needed = ucnv_toAlgorithmic(UCNV_UTF8, converter, out.data(), static_cast<std::int32_t>(out.size()), octets.data(),
                                static_cast<std::int32_t>(octets.size()), &status);
  }
  out.resize(U_FAILURE(status) ? 0 : static_cast<std::size_t>(needed));
  return out;
}

}  // namespace

bool is_utf8(std::string_view octets) {
  const auto* text = reinterpret_cast<const std::uint8_t*>(octets.data());
  std::size_t position = 0;
  while (position < octets.size()) {
    if (!ascii::is_8bit(octets[position])) {
      ++position;
      continue;
    }
    const auto left = static_cast<std::int32_t>(std::min<std::size_t>(octets.size() - position, 4));
    std::int32_t used = 0;
    UChar32 character = 0;
    U8_NEXT(text + position, used, left, character);
    if (character < 0) return false;
    position += static_cast<std::size_t>(used);
  }
  return true;
}

std::optional<std::string> convert_to_utf8(std::string_view octets, std::string_view charset) {
  if (is_utf8_name(charset) && is_utf8(octets)) return std::string(octets);
  const Converter converter = open_converter(charset);
  if (!converter) return std::nullopt;
  return convert(converter.get(), octets);
}

bool is_known_charset(std::string_view charset) {
  return is_utf8_name(charset) || open_converter(charset) != nullptr;
}

std::string to_utf8(std::string_view octets, std::string_view charset) {
  const bool unknown = charset.empty() || ascii::equal(charset, "us-ascii") || ascii::equal(charset, "ascii");
  if (!unknown)
    if (auto converted = convert_to_utf8(octets, charset)) return std::move(*converted);
  if (is_utf8(octets)) return std::string(octets);
  return convert_to_utf8(octets, "windows-1252").value_or(std::string());
}

std::string casefold(std::string_view utf8) {
  if (std::none_of(utf8.begin(), utf8.end(), ascii::is_8bit)) return ascii::to_lower(utf8);
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* folding = icu::Normalizer2::getNFKCCasefoldInstance(status);
  if (U_FAILURE(status) || utf8.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max() / 4))
    return ascii::to_lower(utf8);
  std::string out;
  icu::StringByteSink<std::string> sink(&out);
  folding->normalizeUTF8(0, icu::StringPiece(utf8.data(), static_cast<std::int32_t>(utf8.size())), sink, nullptr,
                         status);
  return U_FAILURE(status) ? ascii::to_lower(utf8) : out;
}

void blank_controls(std::string& text) {
  std::replace_if(text.begin(), text.end(), ascii::is_control, ' ');
}

std::string_view cut_utf8(std::string_view utf8, std::size_t max) {
  if (utf8.size() <= max) return utf8;
  std::size_t end = max;
  while (end > 0 && max - end < 4 && (static_cast<unsigned char>(utf8[end]) & 0xc0) == 0x80) --end;
  return utf8.substr(0, end);
}

}  // namespace mailtree::mime
