// SPDX-License-Identifier: Apache-2.0
// RFC 3501 section 6.4.4. Recursion is bounded by the grammar (max_search_depth).
#include "imap/search/search_plan.h"

#include <algorithm>

#include "base/ascii.h"
#include "mime/charset.h"
#include "store/object_id.h"

namespace mailtree::imap {
namespace {

using Kind = SearchKey::Kind;

constexpr std::int64_t seconds_of_day = 86400;

// Days since 1970-01-01, UTC.
std::int64_t day_of(std::int64_t unix_seconds) {
  return (unix_seconds >= 0 ? unix_seconds : unix_seconds - (seconds_of_day - 1)) / seconds_of_day;
}

int find_keyword(const store::FolderRow& folder, std::string_view name) {
  for (std::size_t number = 0; number < folder.keywords.size(); ++number) {
    if (ascii::equal(folder.keywords[number], name)) return static_cast<int>(number);
  }
  return -1;
}

bool compare_sent(Kind kind, std::int64_t sent, std::int64_t day) {
  if (kind == Kind::sent_before) return sent < day;
  if (kind == Kind::sent_on) return sent == day;
  return sent >= day;
}

}  // namespace

SearchPlan::Node SearchPlan::make_node(const SearchKey& key, const MailboxView& view, const store::FolderRow& folder) {
  Node node;
  node.kind = key.kind;
  node.number = key.number;
  node.day = key.day;
  node.field = key.field;
  if (key.kind == Kind::header || key.kind == Kind::body || key.kind == Kind::text) {
    node.needle = mime::casefold(mime::to_utf8(key.text, "utf-8"));
  }
  if (key.kind == Kind::email_id || key.kind == Kind::thread_id) node.needle = key.text;
  if (key.kind == Kind::keyword) node.keyword = find_keyword(folder, key.text);
  if (key.kind == Kind::sequence) node.ranges = key.set.resolve(static_cast<std::uint32_t>(view.size()));
  if (key.kind == Kind::uid) node.ranges = key.set.resolve(view.last_uid());
  for (const SearchKey& child : key.children) node.children.push_back(make_node(child, view, folder));
  return node;
}

SearchPlan SearchPlan::make(const SearchProgram& program, const MailboxView& view, const store::FolderRow& folder) {
  SearchPlan plan;
  plan.root_ = make_node(program.key, view, folder);
  plan.find_candidates(view);
  return plan;
}

void SearchPlan::find_candidates(const MailboxView& view) {
  // The first set that everything found must be in is enough: others are checked per message.
  for (const Node& node : root_.children) {
    if (node.kind != Kind::sequence && node.kind != Kind::uid) continue;
    SequenceSet set;
    for (const NumberRange& range : node.ranges) {
      const auto most = static_cast<std::uint32_t>(node.kind == Kind::uid ? UINT32_MAX : view.size());
      if (range.first <= most) set.add(range.first, std::min(range.last, most));
    }
    const auto runs = view.find(set, node.kind == Kind::uid);
    if (runs) candidates_ = *runs;
    return;
  }
  if (view.size() > 0) candidates_.push_back({0, view.size()});
}

SearchPlan::Needs SearchPlan::needs_of(const Node& node) {
  Needs most = Needs::row;
  switch (node.kind) {
    case Kind::body:
    case Kind::text: most = Needs::body; break;
    case Kind::header:
    case Kind::sent_before:
    case Kind::sent_on:
    case Kind::sent_since: most = Needs::header; break;
    default: break;
  }
  for (const Node& child : node.children) most = std::max(most, needs_of(child));
  return most;
}

bool SearchPlan::evaluate_row(const Node& node, const RowFacts& facts) {
  const store::MessageRow& row = *facts.row;
  switch (node.kind) {
    case Kind::all: return true;
    case Kind::flag: return (row.flags & node.number) != 0;
    case Kind::keyword: return node.keyword >= 0 && row.keywords.has(static_cast<std::size_t>(node.keyword));
    case Kind::recent: return facts.recent;
    case Kind::before: return day_of(row.internal_date) < node.day;
    case Kind::on: return day_of(row.internal_date) == node.day;
    case Kind::since: return day_of(row.internal_date) >= node.day;
    case Kind::larger: return row.crlf_size > node.number;
    case Kind::smaller: return row.crlf_size < node.number;
    case Kind::sequence: return contains(node.ranges, facts.number);
    case Kind::uid: return contains(node.ranges, row.uid);
    case Kind::email_id: return store::email_object_id(row.unique) == node.needle;
    case Kind::thread_id: return store::thread_object_id(row.thread) == node.needle;
    default: return false;
  }
}

SearchPlan::Truth SearchPlan::evaluate_message(const Node& node, MessageText* message) {
  if (message == nullptr) return Truth::needs_message;
  bool found = false;
  switch (node.kind) {
    case Kind::header: found = message->has_field(node.field, node.needle); break;
    case Kind::body: found = message->body_contains(node.needle); break;
    case Kind::text: found = message->header_contains(node.needle) || message->body_contains(node.needle); break;
    default:
      if (const auto day = message->sent_day()) found = compare_sent(node.kind, *day, node.day);
      break;
  }
  return found ? Truth::yes : Truth::no;
}

SearchPlan::Truth SearchPlan::evaluate_children(const Node& node, const RowFacts& facts, MessageText* message) {
  // Conjunction: one "no" decides; disjunction: one "yes". Otherwise a "needs_message" leaves it open.
  const Truth decisive = node.kind == Kind::conjunction ? Truth::no : Truth::yes;
  Truth result = node.kind == Kind::conjunction ? Truth::yes : Truth::no;
  for (const Node& child : node.children) {
    const Truth truth = evaluate(child, facts, message);
    if (truth == decisive) return decisive;
    if (truth == Truth::needs_message) result = truth;
  }
  return result;
}

SearchPlan::Truth SearchPlan::evaluate(const Node& node, const RowFacts& facts, MessageText* message) {
  switch (node.kind) {
    case Kind::conjunction:
    case Kind::disjunction: return evaluate_children(node, facts, message);
    case Kind::negation: {
      const Truth truth = evaluate(node.children.front(), facts, message);
      if (truth == Truth::needs_message) return truth;
      return truth == Truth::yes ? Truth::no : Truth::yes;
    }
    case Kind::header:
    case Kind::body:
    case Kind::text:
    case Kind::sent_before:
    case Kind::sent_on:
    case Kind::sent_since: return evaluate_message(node, message);
    default: return evaluate_row(node, facts) ? Truth::yes : Truth::no;
  }
}

}  // namespace mailtree::imap
