// SPDX-License-Identifier: Apache-2.0
// RFC 3501 section 9: search, search-key. Recursion is bounded by max_search_depth.
#include "imap/grammar/search_key.h"

#include <array>
#include <string_view>

#include "base/ascii.h"
#include "imap/grammar/date.h"
#include "imap/grammar/flag.h"
#include "imap/grammar/limits.h"
#include "imap/grammar/object_id.h"

namespace mailtree::imap {
namespace {

using Kind = SearchKey::Kind;

enum class Argument : unsigned char {
  none,
  text,
  field_and_text,
  date,
  number,
  keyword,
  object_id,
  uid_set,
  key,
  two_keys
};

// `number`: the flag of Kind::flag. `negated`: the key stands for NOT of what it names.
struct NamedKey {
  std::string_view name;
  Kind kind;
  Argument argument;
  bool negated = false;
  std::uint8_t number = 0;
  std::string_view field = {};
};

constexpr std::array<NamedKey, 37> named_keys{{
    {"ALL", Kind::all, Argument::none},
    {"ANSWERED", Kind::flag, Argument::none, false, flag_bit::answered},
    {"BCC", Kind::header, Argument::text, false, 0, "Bcc"},
    {"BEFORE", Kind::before, Argument::date},
    {"BODY", Kind::body, Argument::text},
    {"CC", Kind::header, Argument::text, false, 0, "Cc"},
    {"DELETED", Kind::flag, Argument::none, false, flag_bit::deleted},
    {"DRAFT", Kind::flag, Argument::none, false, flag_bit::draft},
    {"EMAILID", Kind::email_id, Argument::object_id},
    {"FLAGGED", Kind::flag, Argument::none, false, flag_bit::flagged},
    {"FROM", Kind::header, Argument::text, false, 0, "From"},
    {"HEADER", Kind::header, Argument::field_and_text},
    {"KEYWORD", Kind::keyword, Argument::keyword},
    {"LARGER", Kind::larger, Argument::number},
    {"NEW", Kind::conjunction, Argument::none},
    {"NOT", Kind::negation, Argument::key},
    {"OLD", Kind::recent, Argument::none, true},
    {"ON", Kind::on, Argument::date},
    {"OR", Kind::disjunction, Argument::two_keys},
    {"RECENT", Kind::recent, Argument::none},
    {"SEEN", Kind::flag, Argument::none, false, flag_bit::seen},
    {"SENTBEFORE", Kind::sent_before, Argument::date},
    {"SENTON", Kind::sent_on, Argument::date},
    {"SENTSINCE", Kind::sent_since, Argument::date},
    {"SINCE", Kind::since, Argument::date},
    {"SMALLER", Kind::smaller, Argument::number},
    {"SUBJECT", Kind::header, Argument::text, false, 0, "Subject"},
    {"TEXT", Kind::text, Argument::text},
    {"THREADID", Kind::thread_id, Argument::object_id},
    {"TO", Kind::header, Argument::text, false, 0, "To"},
    {"UID", Kind::uid, Argument::uid_set},
    {"UNANSWERED", Kind::flag, Argument::none, true, flag_bit::answered},
    {"UNDELETED", Kind::flag, Argument::none, true, flag_bit::deleted},
    {"UNDRAFT", Kind::flag, Argument::none, true, flag_bit::draft},
    {"UNFLAGGED", Kind::flag, Argument::none, true, flag_bit::flagged},
    {"UNKEYWORD", Kind::keyword, Argument::keyword, true},
    {"UNSEEN", Kind::flag, Argument::none, true, flag_bit::seen},
}};

SearchKey negate(SearchKey key) {
  SearchKey out;
  out.kind = Kind::negation;
  out.children.push_back(std::move(key));
  return out;
}

class Reader {
 public:
  explicit Reader(Decoder& decoder) : decoder_(decoder) {}

  bool read_list(std::vector<SearchKey>& keys, std::size_t depth) {
    do {
      if (!read(keys.emplace_back(), depth)) return false;
    } while (decoder_.skip(' '));
    return true;
  }

 private:
  bool read(SearchKey& key, std::size_t depth) {
    if (depth > max_search_depth) return limit("Search too deep");
    if (++count_ > max_search_keys) return limit("Too many search keys");
    const char next = decoder_.peek();
    if (next == '(') {
      key.kind = Kind::conjunction;
      return decoder_.skip('(') && read_list(key.children, depth + 1) && decoder_.expect(')');
    }
    if (ascii::is_digit(next) || next == '*') {
      key.kind = Kind::sequence;
      return read_sequence_set(decoder_, key.set);
    }
    std::string_view name;
    if (!decoder_.atom(name)) return false;
    for (const NamedKey& known : named_keys) {
      if (ascii::equal(known.name, name)) return read_named(known, key, depth);
    }
    return decoder_.fail("Unknown search key");
  }

  bool read_named(const NamedKey& known, SearchKey& key, std::size_t depth) {
    key.kind = known.kind;
    key.number = known.number;
    key.field = known.field;
    if (known.argument != Argument::none && !decoder_.space()) return false;
    if (!read_argument(known.argument, key, depth)) return false;
    if (known.kind == Kind::conjunction) key.children = new_messages();
    if (known.negated) key = negate(std::move(key));
    return true;
  }

  bool read_argument(Argument argument, SearchKey& key, std::size_t depth) {
    switch (argument) {
      case Argument::none: return true;
      case Argument::text: return decoder_.astring(key.text);
      case Argument::field_and_text:
        return decoder_.astring(key.field) && decoder_.space() && decoder_.astring(key.text);
      case Argument::date: return read_date(decoder_, key.day);
      case Argument::number: return decoder_.number64(key.number);  // RFC 9051: number64
      case Argument::keyword: return read_keyword(key);
      case Argument::object_id: return read_object_id(decoder_, key.text);
      case Argument::uid_set: return read_sequence_set(decoder_, key.set);
      case Argument::key: return read(key.children.emplace_back(), depth + 1);
      case Argument::two_keys:
        return read(key.children.emplace_back(), depth + 1) && decoder_.space() &&
               read(key.children.emplace_back(), depth + 1);
    }
    return false;
  }

  bool read_keyword(SearchKey& key) {
    std::string_view name;
    if (!decoder_.atom(name)) return false;
    key.text = name;
    return true;
  }

  // RFC 3501: NEW is (RECENT UNSEEN).
  static std::vector<SearchKey> new_messages() {
    std::vector<SearchKey> keys(2);
    keys[0].kind = Kind::recent;
    keys[1].kind = Kind::flag;
    keys[1].number = flag_bit::seen;
    keys[1] = negate(std::move(keys[1]));
    return keys;
  }

  bool limit(const char* reply) { return decoder_.fail(Error::permanent(Condition::limit, reply)); }

  Decoder& decoder_;
  std::size_t count_ = 0;
};

}  // namespace

bool read_search_program(Decoder& decoder, SearchProgram& program) {
  if (!decoder.space()) return false;
  if (decoder.skip_word("CHARSET")) {
    std::string charset;
    if (!decoder.space() || !decoder.astring(charset) || !decoder.space()) return false;
    program.charset = ascii::to_upper(charset);
  }
  program.key.kind = Kind::conjunction;
  Reader reader(decoder);
  return reader.read_list(program.key.children, 0) && decoder.end();
}

}  // namespace mailtree::imap
