// SPDX-License-Identifier: Apache-2.0
// Bounds of the IMAP grammar: what one command may hold. Nothing is unlimited; beyond them it is BAD or NO [LIMIT].
#pragma once

#include <cstddef>
#include <cstdint>

namespace mailtree::imap {

inline constexpr std::size_t max_line_bytes = 64 * 1024;           // one line, CRLF not counted
inline constexpr std::size_t max_literal_bytes = 64 * 1024;        // one literal that is not a message
inline constexpr std::size_t max_arguments_bytes = 256 * 1024;     // a whole command, literals included
inline constexpr std::size_t max_before_login_bytes = 8 * 1024;    // the same for strangers
inline constexpr std::size_t max_tag_bytes = 256;
inline constexpr std::size_t max_nesting = 32;                     // parentheses in any list
inline constexpr std::size_t max_search_depth = 64;                // NOT, OR and parentheses
inline constexpr std::size_t max_search_keys = 1000;
inline constexpr std::size_t max_sequence_ranges = 20000;          // before merging
inline constexpr std::size_t max_fetch_items = 100;                // after dropping repetitions
inline constexpr std::size_t max_header_fields = 1000;             // names in one HEADER.FIELDS
inline constexpr std::size_t max_section_depth = 64;               // as deep as src/mime looks
inline constexpr std::size_t max_flags = 300;                      // in one command: 256 keywords and the system flags
inline constexpr std::size_t max_keyword_bytes = 64;
inline constexpr std::size_t max_mailbox_name_bytes = 4096;        // UTF-8; the store's own bounds are lower
inline constexpr std::size_t max_list_pattern_bytes = 4096;
inline constexpr std::size_t max_id_pairs = 30;                    // RFC 2971 section 3.3

}  // namespace mailtree::imap
