// SPDX-License-Identifier: Apache-2.0
#include "store/object_id.h"

namespace mailtree::store {
namespace {

std::string lettered(char letter, std::uint64_t number) {
  std::string text(17, letter);
  for (std::size_t i = 16; i > 0; --i, number >>= 4) text[i] = "0123456789abcdef"[number & 15];
  return text;
}

}  // namespace

std::string mailbox_object_id(std::uint64_t object) {
  return lettered('F', object);
}

std::string email_object_id(const Unique& unique) {
  return 'M' + unique_text(unique);
}

std::string thread_object_id(ThreadId thread) {
  return thread == unknown_thread ? std::string() : lettered('T', thread);
}

}  // namespace mailtree::store
