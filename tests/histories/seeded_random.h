// SPDX-License-Identifier: Apache-2.0
// Random octets of the store, drawn from a seed: a history goes the same way whenever it is run.
#pragma once

#include <cstdint>

namespace mailtree::histories {

// From now on all of OpenSSL's random octets in this process follow from `seed`. One thread only.
void seed_random_octets(std::uint64_t seed);

}  // namespace mailtree::histories
