// SPDX-License-Identifier: Apache-2.0
// How much of everything an account may have. All limits of the store that users and operators can meet are here; those
// of a protocol (lengths of lines, sizes of commands) stand with the protocol, those of one function beside it. Without
// a limit of their own: the size of a message, and its number in a folder below 2^32 - 1 (RFC 9051 2.3.1.1).
#pragma once

#include <cstddef>
#include <cstdint>

namespace mailtree::store {

constexpr std::size_t max_folders = 100'000;          // of one account, INBOX included
constexpr std::size_t max_folder_name_octets = 1000;  // of UTF-8, all levels together
constexpr std::size_t max_folder_depth = 32;          // levels
constexpr std::size_t max_keywords = 256;             // of one folder
constexpr std::size_t max_keyword_octets = 128;
constexpr std::size_t max_append_messages = 16;  // of one Append: the descriptors that one frame can carry
constexpr std::size_t max_recipients = 1000;     // of one Deliver (RFC 5321 4.5.3.1.8 asks for at least 100)
constexpr std::uint64_t max_links = 60'000;      // names of one file, then it is copied; ext4 allows 65,000

constexpr std::uint64_t max_log_octets = std::uint64_t{1} << 32;  // of an account: some 80,000,000 messages
constexpr std::size_t max_frame_payload = 16U << 20;  // one record of a log; what needs more is refused as a whole

constexpr std::int64_t tombstone_seconds = 30 * 24 * 3600;  // an expunged message is remembered (RFC 7162 VANISHED)
constexpr std::int64_t mark_seconds = 7 * 24 * 3600;        // a repeated delivery is recognised
constexpr std::int64_t recent_seconds = 600;                // that does not say it is one

}  // namespace mailtree::store
