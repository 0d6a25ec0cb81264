// SPDX-License-Identifier: Apache-2.0
// The uniques of the messages that one APPEND brings (RFC 3502: all of them or none). They tell of each file where in
// such a set it stands, so that who finds files without a record can see whether a set is whole. Pure functions.
#pragma once

#include <cstdint>
#include <vector>

#include "store/types.h"

namespace mailtree::store {

enum class SetPlace : std::uint8_t { none, first, between, last };

// Random ones for `count` messages of the folder whose object id is given. One alone is in no set. In a set the marks
// follow each other, and the octets behind the mark are a checksum of the place, the folder and the mark.
std::vector<Unique> new_uniques(std::uint64_t folder_object, std::size_t count);

// `none` for all that new_uniques() did not make as a part of a set for this folder (wrong once in 2^30).
SetPlace place_in_set(const Unique& unique, std::uint64_t folder_object);

}  // namespace mailtree::store
