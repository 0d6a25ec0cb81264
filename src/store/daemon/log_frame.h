// SPDX-License-Identifier: Apache-2.0
// Frames of an account's log: how one commit lies on disk, and how a log is read after anything may have happened to
// it. Format: ../log_format.md. Pure: octets in, octets out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/limits.h"

namespace mailtree::store {

constexpr std::size_t log_preamble_octets = 16;
constexpr std::size_t frame_header_octets = 28;

namespace frame_type {
constexpr std::uint8_t commit = 1;
}
constexpr std::uint8_t frame_may_skip = 1;  // bit in FrameHeader::flags

struct Frame {
  std::uint64_t offset = 0;  // in the file
  std::uint8_t type = 0;
  std::uint8_t flags = 0;
  std::uint64_t generation = 0;
  std::uint64_t sequence = 0;
  std::uint32_t crc = 0;
  std::string_view payload;
};

std::string log_preamble(std::uint64_t log_id);

// Appends a frame that is only valid in this log at this offset.
// Returns its checksum.
std::uint32_t put_frame(std::string& out, std::uint64_t log_id, std::uint64_t offset, std::uint64_t generation,
                        std::uint64_t sequence, std::string_view payload);

enum class LogEnd {
  clean,    // the last octet belongs to the last frame
  torn,     // something unfinished follows `good_octets`: to be cut
  damaged,  // good frames lie behind bad octets, or the preamble is not one
};

struct LogScan {
  std::uint64_t log_id = 0;
  std::vector<Frame> frames;        // good, in sequence; payloads point into the input
  std::vector<Frame> stray_frames;  // good ones behind the damage, for salvage
  std::uint64_t good_octets = 0;
  LogEnd end = LogEnd::clean;
};

LogScan scan_log(std::string_view octets);

}  // namespace mailtree::store
