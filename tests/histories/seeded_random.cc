// SPDX-License-Identifier: Apache-2.0
// A method of OpenSSL for random octets. The call is deprecated for programs that need secrets; none is needed here.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "histories/seeded_random.h"

#include <openssl/rand.h>

#include <random>

namespace mailtree::histories {
namespace {

std::mt19937_64& generator() {
  static std::mt19937_64 numbers;
  return numbers;
}

int draw(unsigned char* octets, int count) {
  for (int i = 0; i < count; ++i) octets[i] = static_cast<unsigned char>(generator()() >> 32);
  return 1;
}

int is_seeded() {
  return 1;
}

}  // namespace

void seed_random_octets(std::uint64_t seed) {
  static const RAND_METHOD method = {nullptr, draw, nullptr, nullptr, draw, is_seeded};
  RAND_set_rand_method(&method);
  generator().seed(seed);
}

}  // namespace mailtree::histories
