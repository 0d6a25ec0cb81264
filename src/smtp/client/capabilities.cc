// SPDX-License-Identifier: Apache-2.0
#include "smtp/client/capabilities.h"

#include <algorithm>
#include <string_view>

#include "base/ascii.h"

namespace mailtree::smtp::client {
namespace {

std::string_view take_word(std::string_view& text) {
  text = ascii::trim(text);
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return word;
}

void take_keyword(std::string_view line, Capabilities& out) {
  // "AUTH=LOGIN" is how some old servers repeat the list for old clients: the blank form comes as well.
  const std::string_view keyword = take_word(line);
  if (ascii::equal(keyword, "PIPELINING")) out.pipelining = true;
  if (ascii::equal(keyword, "8BITMIME")) out.eight_bit_mime = true;
  if (ascii::equal(keyword, "SMTPUTF8")) out.smtputf8 = true;
  if (ascii::equal(keyword, "CHUNKING")) out.chunking = true;
  if (ascii::equal(keyword, "BINARYMIME")) out.binary_mime = true;
  if (ascii::equal(keyword, "STARTTLS")) out.starttls = true;
  if (ascii::equal(keyword, "DSN")) out.dsn = true;
  if (ascii::equal(keyword, "SIZE")) {
    out.size = true;
    out.max_size = ascii::number<std::uint64_t>(take_word(line)).value_or(0);
  }
  if (ascii::equal(keyword, "AUTH"))
    for (std::string_view word = take_word(line); !word.empty(); word = take_word(line))
      out.mechanisms.push_back(ascii::to_upper(word));
}

}  // namespace

bool Capabilities::has_mechanism(std::string_view name) const {
  return std::find(mechanisms.begin(), mechanisms.end(), name) != mechanisms.end();
}

Capabilities capabilities_of(const Reply& reply) {
  Capabilities found;
  std::string_view rest = reply.text;
  for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    rest.remove_prefix(end + 1);  // the first line is the server's name
    take_keyword(rest.substr(0, rest.find('\n')), found);
  }
  return found;
}

}  // namespace mailtree::smtp::client
