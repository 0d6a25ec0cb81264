// SPDX-License-Identifier: Apache-2.0
// CREATE (RFC 3501 section 6.3.3) with USE (RFC 6154 section 3); MAILBOXID (RFC 8474).
#include <array>

#include "base/ascii.h"
#include "imap/commands/commands.h"
#include "imap/grammar/mailbox_name.h"

namespace mailtree::imap::commands {
namespace {

struct UseName {
  std::string_view name;
  std::uint8_t bit;
};
// \All and \Flagged are views over other mailboxes: not to be created (RFC 6154 section 3).
constexpr std::array<UseName, 5> use_names{{{"Archive", store::special_use::archive},
                                            {"Drafts", store::special_use::drafts},
                                            {"Junk", store::special_use::junk},
                                            {"Sent", store::special_use::sent},
                                            {"Trash", store::special_use::trash}}};

bool read_use(Decoder& in, std::uint8_t& uses) {
  std::string_view name;
  if (!in.expect('\\') || !in.atom(name)) return false;
  for (const UseName& known : use_names) {
    if (!ascii::equal(known.name, name)) continue;
    uses = static_cast<std::uint8_t>(uses | known.bit);
    return true;
  }
  Error error = Error::permanent(Condition::cannot, "Special use is not possible here");
  return in.fail(std::move(error));
}

// "(" "USE" SP "(" [use-attr *(SP use-attr)] ")" ")"
bool read_uses(Decoder& in, std::uint8_t& uses) {
  if (!in.open() || !in.skip_word("USE")) return in.fail("Unknown CREATE parameter");
  if (!in.space() || !in.open()) return false;
  while (in.peek() != ')') {
    if (!read_use(in, uses)) return false;
    if (!in.skip(' ')) break;
  }
  return in.close() && in.close();
}

}  // namespace

Ending create(Session& session, Decoder& in) {
  store::CreateFolder request;
  if (!in.space() || !read_mailbox(in, request.name)) co_return in.error();
  if (in.skip(' ') && !read_uses(in, request.special_use)) co_return in.error();
  if (!in.end()) co_return in.error();
  // RFC 3501 section 6.3.3: a separator at the end announces children; the name is without it.
  if (!request.name.empty() && request.name.back() == hierarchy_separator) request.name.pop_back();
  if (request.name == "INBOX") co_return Error::permanent(Condition::exists, "INBOX exists");
  request.account = session.account().name();
  const auto answer = co_await session.account().call(request);
  if (!answer) co_return answer.error();
  co_return Completion::ok("MAILBOXID (" + answer->object_id + ")", "CREATE completed");
}

}  // namespace mailtree::imap::commands
