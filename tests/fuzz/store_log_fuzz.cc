// SPDX-License-Identifier: Apache-2.0
// Any octets as the log of an account: reading never crashes, and what was read can be written and read again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "store/daemon/entry.h"
#include "store/daemon/log_frame.h"

namespace {

using namespace mailtree::store;

void check(bool holds) {
  if (!holds) std::abort();
}

// decode(encode(x)) says the same as x.
void check_commit(std::string_view payload) {
  const auto commit = decode_commit(payload);
  if (!commit) return;
  const std::string octets = encode(*commit);
  const auto again = decode_commit(octets);
  check(again.has_value() && encode(*again) == octets);
  AccountState state;
  if (!apply(state, *commit)) return;
  AccountState copy;
  for (const Entry& entry : snapshot(state, 0, 0)) check(apply(copy, entry, commit->time).has_value());
  check(copy.modseq == state.modseq && copy.totals == state.totals);
  check(copy.folders.size() == state.folders.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const LogScan scan = scan_log(input);
  check(scan.good_octets <= input.size());
  check((scan.end == LogEnd::damaged) ==
        (!scan.stray_frames.empty() || input.size() < log_preamble_octets || scan.good_octets == 0));
  for (const Frame& frame : scan.frames) check_commit(frame.payload);
  check_commit(input);

  // As the payload of a good frame, found whole; and never found when its last octet is missing.
  std::string log = log_preamble(1);
  if (size > max_frame_payload) return 0;
  put_frame(log, 1, log.size(), 1, 1, input);
  check(scan_log(log).frames.size() == 1);
  check(scan_log(std::string_view(log).substr(0, log.size() - 1)).frames.empty());
  return 0;
}
