// SPDX-License-Identifier: Apache-2.0
// Writing and finding frames.
#include "store/daemon/log_frame.h"

#include <optional>

#include "store/crc32c.h"
#include "store/octets.h"

namespace mailtree::store {
namespace {

constexpr std::string_view magic{"mtlog\x01\0\0", 8};

std::uint32_t checksum(std::uint64_t log_id, std::uint64_t offset, std::string_view head, std::string_view payload) {
  std::string binding;
  put_little(binding, log_id);
  put_little(binding, offset);
  return crc32c(crc32c(crc32c(0, binding), head), payload);
}

std::string frame_head(std::size_t length, std::uint8_t type, std::uint8_t flags, std::uint64_t generation,
                       std::uint64_t sequence) {
  std::string head;
  put_little(head, static_cast<std::uint32_t>(length));
  put_little(head, type);
  put_little(head, flags);
  put_little(head, std::uint16_t{0});
  put_little(head, generation);
  put_little(head, sequence);
  return head;
}

// The frame that begins exactly at `offset`, if it is whole and its checksum holds.
std::optional<Frame> frame_at(std::string_view octets, std::uint64_t log_id, std::uint64_t offset) {
  if (octets.size() - offset < frame_header_octets) return std::nullopt;
  const std::string_view head = octets.substr(static_cast<std::size_t>(offset), frame_header_octets - 4);
  OctetReader reader(octets.substr(static_cast<std::size_t>(offset)));
  Frame frame;
  frame.offset = offset;
  const auto length = reader.little<std::uint32_t>();
  frame.type = reader.little<std::uint8_t>();
  frame.flags = reader.little<std::uint8_t>();
  const auto reserved = reader.little<std::uint16_t>();
  frame.generation = reader.little<std::uint64_t>();
  frame.sequence = reader.little<std::uint64_t>();
  frame.crc = reader.little<std::uint32_t>();
  if (reserved != 0 || frame.type == 0 || length > max_frame_payload) return std::nullopt;
  frame.payload = reader.take(length);
  if (!reader.ok() || checksum(log_id, offset, head, frame.payload) != frame.crc) return std::nullopt;
  return frame;
}

// Good frames anywhere behind `offset`. The checksum binds each to its place, so none is found by accident.
std::vector<Frame> find_stray_frames(std::string_view octets, std::uint64_t log_id, std::uint64_t offset) {
  std::vector<Frame> found;
  while (offset + frame_header_octets <= octets.size()) {
    const std::optional<Frame> frame = frame_at(octets, log_id, offset);
    if (frame) found.push_back(*frame);
    offset += frame ? frame_header_octets + frame->payload.size() : 1;
  }
  return found;
}

}  // namespace

std::string log_preamble(std::uint64_t log_id) {
  std::string preamble(magic);
  put_little(preamble, log_id);
  return preamble;
}

std::uint32_t put_frame(std::string& out, std::uint64_t log_id, std::uint64_t offset, std::uint64_t generation,
                        std::uint64_t sequence, std::string_view payload) {
  const std::string head = frame_head(payload.size(), frame_type::commit, 0, generation, sequence);
  const std::uint32_t crc = checksum(log_id, offset, head, payload);
  out.append(head);
  put_little(out, crc);
  out.append(payload);
  return crc;
}

LogScan scan_log(std::string_view octets) {
  LogScan scan;
  if (octets.size() < log_preamble_octets || octets.substr(0, magic.size()) != magic) {
    scan.end = LogEnd::damaged;
    return scan;
  }
  OctetReader reader(octets.substr(magic.size()));
  scan.log_id = reader.little<std::uint64_t>();
  scan.good_octets = log_preamble_octets;
  while (scan.good_octets < octets.size()) {
    const std::optional<Frame> frame = frame_at(octets, scan.log_id, scan.good_octets);
    const std::uint64_t expected = scan.frames.empty() ? 1 : scan.frames.back().sequence + 1;
    const bool in_order = frame && frame->sequence == expected &&
                          (scan.frames.empty() || frame->generation >= scan.frames.back().generation);
    if (!in_order) {
      scan.stray_frames = find_stray_frames(octets, scan.log_id, scan.good_octets);
      scan.end = scan.stray_frames.empty() ? LogEnd::torn : LogEnd::damaged;
      return scan;
    }
    scan.good_octets += frame_header_octets + frame->payload.size();
    scan.frames.push_back(*frame);
  }
  return scan;
}

}  // namespace mailtree::store
