// SPDX-License-Identifier: Apache-2.0
#include "mime/message_id.h"

#include <set>
#include <utility>

#include "mime/lexer.h"

namespace mailtree::mime {
namespace {

constexpr std::size_t max_message_ids = 200;

// Behind '<'. Another '<' begins anew: it is left to be read.
std::optional<std::string> rest_of_id(Lexer& lexer) {
  std::string id = "<";
  for (;;) {
    lexer.skip_blanks();
    if (lexer.at_end() || lexer.peek() == '<') return std::nullopt;
    if (lexer.accept('>')) break;
    switch (lexer.peek()) {
      case '"':
        id += lexer.quoted_string();
        break;
      case '[':
        id += lexer.literal();
        break;
      default:
        id += lexer.run("<>\"[(");
        break;
    }
  }
  if (id.size() == 1) return std::nullopt;
  return id + '>';
}

std::optional<std::string> next_id(Lexer& lexer) {
  for (;;) {
    lexer.skip_blanks();
    if (lexer.at_end()) return std::nullopt;
    if (lexer.accept('<')) {
      auto id = rest_of_id(lexer);
      if (id) return id;
    } else if (lexer.peek() == '"') {
      lexer.quoted_string();
    } else {
      lexer.run("<\"(");
    }
  }
}

}  // namespace

std::optional<std::string> first_message_id(std::string_view value) {
  Lexer lexer(value);
  return next_id(lexer);
}

std::vector<std::string> message_ids(std::string_view value) {
  std::vector<std::string> out;
  std::set<std::string> seen;
  Lexer lexer(value);
  while (out.size() < max_message_ids) {
    auto id = next_id(lexer);
    if (!id) break;
    if (seen.insert(*id).second) out.push_back(std::move(*id));
  }
  return out;
}

}  // namespace mailtree::mime
