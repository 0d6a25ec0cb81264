// SPDX-License-Identifier: Apache-2.0
#include "smtp/server/intake.h"

#include <unistd.h>

#include <cerrno>
#include <utility>

#include "smtp/server/replies.h"

namespace mailtree::smtp {
namespace {

constexpr std::size_t write_octets = 64UL * 1024;

}  // namespace

Intake::Intake(UniqueFd file, std::string_view trace, Rules rules)
    : file_(std::move(file)), rules_(std::move(rules)), pending_(trace) {
  if (rules_.additions) editor_.emplace(std::move(*rules_.additions));
}

bool Intake::refused() const {
  const ContentFacts& seen = facts();
  return failure_ != 0 || seen.octets > rules_.max_octets || seen.header_octets > rules_.max_header_octets;
}

void Intake::add(std::string_view content) {
  inspector_.feed(content);
  if (refused()) {
    pending_.clear();
    return;
  }
  if (editor_) {
    editor_->feed(content, pending_);
  } else {
    pending_ += content;
  }
  if (pending_.size() >= write_octets) write_out();
}

void Intake::write_out() {
  std::string_view rest = pending_;
  while (!rest.empty() && failure_ == 0) {
    const ssize_t written = ::write(file_.get(), rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      failure_ = written < 0 ? errno : ENOSPC;
      break;
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
    size_ += static_cast<std::uint64_t>(written);
  }
  pending_.clear();
}

std::optional<Reply> Intake::finish() {
  const ContentFacts& seen = inspector_.finish();
  if (seen.octets > rules_.max_octets) return replies::too_big();
  if (seen.header_octets > rules_.max_header_octets) return Reply{552, "5.3.4", "Message header too big"};
  if (seen.received_fields > rules_.max_received_fields) return Reply{554, "5.4.6", "Too many hops: a mail loop"};
  if (!rules_.binary && seen.nul) return Reply{554, "5.6.0", "Message contains NUL"};
  if (!rules_.binary && (seen.bare_cr || seen.bare_lf)) return Reply{550, "5.5.2", "Bare <CR> or <LF> not allowed"};
  if (editor_ && failure_ == 0) editor_->finish(pending_);
  if (failure_ == 0) write_out();
  pending_.shrink_to_fit();
  if (failure_ == ENOSPC || failure_ == EDQUOT || failure_ == EFBIG) return replies::no_space();
  if (failure_ != 0) return replies::temporary();
  return std::nullopt;
}

}  // namespace mailtree::smtp
