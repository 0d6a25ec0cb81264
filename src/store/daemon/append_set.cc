// SPDX-License-Identifier: Apache-2.0
// Writing and reading the place of a message in the set that it came with.
#include "store/daemon/append_set.h"

#include <algorithm>
#include <string>

#include "net/digest.h"
#include "store/crc32c.h"
#include "store/daemon/state.h"
#include "store/octets.h"

namespace mailtree::store {
namespace {

Unique unique_at(SetPlace place, std::uint64_t folder_object, std::uint64_t mark) {
  std::string bound;
  put_little(bound, static_cast<std::uint8_t>(place));
  put_little(bound, folder_object);
  put_little(bound, mark);
  const std::uint32_t check = crc32c(0, bound);
  Unique unique{};
  for (std::size_t i = 0; i < 8; ++i) unique[i] = static_cast<unsigned char>(mark >> 8 * (7 - i));
  for (std::size_t i = 0; i < 4; ++i) unique[8 + i] = static_cast<unsigned char>(check >> 8 * (3 - i));
  return unique;
}

}  // namespace

std::vector<Unique> new_uniques(std::uint64_t folder_object, std::size_t count) {
  const std::string octets = net::random_octets(12);
  Unique first{};
  std::copy_n(octets.begin(), first.size(), first.begin());
  if (count == 1) return {first};
  std::vector<Unique> uniques;
  for (std::size_t i = 0; i < count; ++i) {
    const SetPlace place = i == 0 ? SetPlace::first : i + 1 == count ? SetPlace::last : SetPlace::between;
    uniques.push_back(unique_at(place, folder_object, mark_of(first) + i));
  }
  return uniques;
}

SetPlace place_in_set(const Unique& unique, std::uint64_t folder_object) {
  for (const SetPlace place : {SetPlace::first, SetPlace::between, SetPlace::last}) {
    if (unique_at(place, folder_object, mark_of(unique)) == unique) return place;
  }
  return SetPlace::none;
}

}  // namespace mailtree::store
