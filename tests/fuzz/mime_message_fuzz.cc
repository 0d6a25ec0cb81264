// SPDX-License-Identifier: Apache-2.0
// A whole message of a stranger: the part tree keeps its invariants, and nothing read from it can break a line.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "../unit/mime/tree_check.h"
#include "mime/envelope.h"
#include "mime/header_edit.h"
#include "mime/message_id.h"
#include "mime/transfer_encoding.h"

using namespace mailtree::mime;

namespace {

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

void require_one_line(const std::string& text) {
  using namespace std::string_view_literals;
  require(text.find_first_of("\r\n\0"sv) == std::string::npos, "a value holds a line end or NUL");
}

void require_clean(const std::vector<Parameter>& parameters) {
  for (const Parameter& parameter : parameters) {
    require_one_line(parameter.name);
    require_one_line(parameter.value);
  }
}

void check_content(std::string_view text, const Part& part) {
  const Content content = describe(text, part);
  require(!content.type.empty() && !content.subtype.empty() && !content.encoding.empty(), "empty type");
  require_clean(content.parameters);
  if (content.disposition) require_clean(content.disposition->parameters);
  for (const auto& value : {content.id, content.description, content.md5, content.location})
    if (value) require_one_line(*value);
  for (const std::string& language : content.languages) require_one_line(language);
  require(decoded_text(text, part, content, 1000).size() <= 1000, "decoded text too long");
}

void check_addresses(const std::vector<Address>& addresses) {
  int open = 0;
  for (const Address& address : addresses) {
    if (address.kind == Address::Kind::group_begin) ++open;
    if (address.kind == Address::Kind::group_end) --open;
    require(open == 0 || open == 1, "groups out of order");
    for (const auto* value : {&address.name, &address.route, &address.mailbox, &address.host}) require_one_line(*value);
  }
  require(open == 0, "an open group");
}

void check_header(std::string_view text) {
  const std::string_view block = header_block(text);
  require(text.starts_with(block), "the header is not the beginning");
  const Envelope envelope = read_envelope(block);
  for (const auto& value : {envelope.date, envelope.subject, envelope.in_reply_to, envelope.message_id})
    if (value) require_one_line(*value);
  for (const auto* list :
       {&envelope.from, &envelope.sender, &envelope.reply_to, &envelope.to, &envelope.cc, &envelope.bcc})
    check_addresses(*list);
  const std::vector<std::string> ids = message_ids(block);
  for (const std::string& id : ids) require_one_line(id);
  require(first_message_id(block).value_or("") == (ids.empty() ? "" : ids.front()), "another first id");
  const HeaderFacts facts = inspect_header(block);
  const std::string edited = without(block, facts.bcc);
  require(inspect_header(edited).bcc.empty() || edited.size() < block.size(), "Bcc stays");
  std::uint64_t sum = 0;
  for (const Range& range : select_fields(block, {"from", "to"}, false)) sum += range.size();
  for (const Range& range : select_fields(block, {"from", "to"}, true)) sum += range.size();
  require(sum <= block.size() + 2, "fields counted twice");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const PartTree tree = scan(text);
  const std::string wrong = testing::check_tree(text, tree);
  require(wrong.empty(), wrong.c_str());
  for (const Part& part : tree.parts) check_content(text, part);
  check_header(text);
  return 0;
}
