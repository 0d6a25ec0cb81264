// SPDX-License-Identifier: Apache-2.0
// Response codes: RFC 3501 section 7.1, RFC 5530, RFC 4469 (TOOBIG).
#include "imap/completion.h"

#include "imap/grammar/encoder.h"

namespace mailtree::imap {
namespace {

const char* code_of(const Error& error, bool try_create) {
  switch (error.condition) {
    case Condition::no_such_mailbox: return try_create ? "TRYCREATE" : "NONEXISTENT";
    case Condition::exists: return "ALREADYEXISTS";
    case Condition::over_quota: return "OVERQUOTA";
    case Condition::too_big: return "TOOBIG";
    case Condition::limit: return "LIMIT";
    case Condition::denied: return "NOPERM";
    case Condition::inactive: return "CONTACTADMIN";
    case Condition::damaged: return "CORRUPTION";
    case Condition::no_such_message: return "EXPUNGEISSUED";
    case Condition::cannot: return "CANNOT";
    default: break;
  }
  return error.kind == Kind::temporary ? "UNAVAILABLE" : "";
}

}  // namespace

Completion completion_of(const Error& error, bool try_create) {
  if (error.kind == Kind::protocol) return {Completion::Status::bad, "", error.reply};
  return Completion::no(code_of(error, try_create), error.reply.empty() ? "Failed" : error.reply);
}

void append_completion(std::string& out, std::string_view tag, const Completion& completion) {
  constexpr std::string_view words[] = {"OK ", "NO ", "BAD "};
  out.append(tag);
  out.push_back(' ');
  out.append(words[static_cast<std::size_t>(completion.status)]);
  if (!completion.code.empty()) out.append("[").append(completion.code).append("] ");
  append_text(out, completion.text.empty() ? "Done" : completion.text);
  out.append("\r\n");
}

}  // namespace mailtree::imap
