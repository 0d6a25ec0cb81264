// SPDX-License-Identifier: Apache-2.0
// The declared name with the smallest edit distance, for "did you mean".
#include <algorithm>
#include <numeric>

#include "config/declaration.h"
#include "config/reader.h"

namespace mailtree::config {
namespace {

// Levenshtein distance, two rows.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

// The right setting in the wrong place ("max_recipients" at the top) is as near as a typing error.
std::size_t distance_to(std::string_view name, std::string_view key) {
  const std::size_t dot = key.find('.');
  const std::size_t whole = distance(name, key);
  const std::size_t own_dot = name.rfind('.');
  if (dot == std::string_view::npos) return whole;
  return std::min(whole,
                  1 + distance(name.substr(own_dot == std::string_view::npos ? 0 : own_dot + 1), key.substr(dot + 1)));
}

}  // namespace

std::string nearest_setting(std::string_view name) {
  constexpr std::size_t max_name_bytes = 80;
  if (name.size() > max_name_bytes) return {};
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(name.size() / 3, 2);
  for (const Setting& setting : declared_settings()) {
    const std::size_t here = distance_to(name, setting.key);
    if (here < best_distance || (here == best_distance && best.empty())) {
      best = setting.key;
      best_distance = here;
    }
  }
  return std::string(best);
}

}  // namespace mailtree::config
