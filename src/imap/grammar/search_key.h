// SPDX-License-Identifier: Apache-2.0
// SEARCH programs (RFC 3501 section 6.4.4) as a tree of bounded depth and size.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "imap/grammar/sequence_set.h"

namespace mailtree::imap {

struct SearchKey {
  enum class Kind : unsigned char {
    all,
    flag,           // `number` is a flag_bit
    keyword,        // `text`
    recent,
    before, on, since,              // INTERNALDATE; `day`
    sent_before, sent_on, sent_since,  // Date field; `day`
    larger, smaller,  // `number`
    header,         // `field`, `text`; FROM, TO, CC, BCC and SUBJECT too
    body,           // `text`
    text,           // `text`: header and body
    sequence,       // `set` of message numbers
    uid,            // `set` of UIDs
    email_id,       // `text`
    thread_id,      // `text`
    conjunction,    // all of `children`
    disjunction,    // one of `children`
    negation,       // `children[0]` not
  };
  Kind kind = Kind::all;
  std::uint64_t number = 0;
  std::int64_t day = 0;  // days since 1970-01-01
  std::string field;
  std::string text;      // in the charset of the program
  SequenceSet set;
  std::vector<SearchKey> children;
};

struct SearchProgram {
  std::string charset;  // upper case; empty = US-ASCII
  SearchKey key;        // a conjunction
};

// [SP "CHARSET" SP astring] 1*(SP search-key), up to the end. NO [LIMIT] beyond max_search_depth or max_search_keys.
bool read_search_program(Decoder& decoder, SearchProgram& program);

}  // namespace mailtree::imap
