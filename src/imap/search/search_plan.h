// SPDX-License-Identifier: Apache-2.0
// A SEARCH program made ready for one mailbox: sets resolved, words folded, keywords numbered. Evaluation is in two
// steps: by the index row alone, and only where that does not decide by the octets of the message.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "imap/grammar/search_key.h"
#include "imap/mailbox_view.h"
#include "imap/search/message_text.h"
#include "store/index_reader.h"

namespace mailtree::imap {

struct RowFacts {
  const store::MessageRow* row = nullptr;
  std::uint32_t number = 0;
  bool recent = false;
};

class SearchPlan {
 public:
  enum class Truth : unsigned char { no, yes, needs_message };
  enum class Needs : unsigned char { row, header, body };

  static SearchPlan make(const SearchProgram& program, const MailboxView& view, const store::FolderRow& folder);

  // By the row alone.
  [[nodiscard]] Truth match(const RowFacts& facts) const { return evaluate(root_, facts, nullptr); }
  // With the message; any thread.
  [[nodiscard]] bool match(const RowFacts& facts, MessageText& message) const {
    return evaluate(root_, facts, &message) == Truth::yes;
  }
  // What of the message the program looks at, at most.
  [[nodiscard]] Needs needs() const { return needs_of(root_); }
  // Messages that can match at all, from the sets that all of the program is bound to; by ascending positions.
  [[nodiscard]] const std::vector<Run>& candidates() const { return candidates_; }

 private:
  struct Node {
    SearchKey::Kind kind = SearchKey::Kind::all;
    std::uint64_t number = 0;
    std::int64_t day = 0;
    std::string field;
    std::string needle;               // folded; an object id as it is
    std::vector<NumberRange> ranges;  // of message numbers or uids
    int keyword = -1;                 // number in the folder; -1: no message has it
    std::vector<Node> children;
  };

  static Node make_node(const SearchKey& key, const MailboxView& view, const store::FolderRow& folder);
  static Truth evaluate(const Node& node, const RowFacts& facts, MessageText* message);
  static Truth evaluate_children(const Node& node, const RowFacts& facts, MessageText* message);
  static Truth evaluate_message(const Node& node, MessageText* message);
  static bool evaluate_row(const Node& node, const RowFacts& facts);
  static Needs needs_of(const Node& node);
  void find_candidates(const MailboxView& view);

  Node root_;
  std::vector<Run> candidates_;
};

}  // namespace mailtree::imap
