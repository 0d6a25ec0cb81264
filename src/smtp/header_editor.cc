// SPDX-License-Identifier: Apache-2.0
#include "smtp/header_editor.h"

#include "base/ascii.h"
#include "smtp/limits.h"

namespace mailtree::smtp {
namespace {

bool is_field(std::string_view line, std::string_view name) {  // blanks before the colon: RFC 5322 4.5.8
  return ascii::starts_with(line, name) && ascii::starts_with(ascii::trim(line.substr(name.size())), ":");
}

}  // namespace

void HeaderEditor::feed(std::string_view content, std::string& out) {
  while (!content.empty() && !in_body_) {
    const std::size_t lf = content.find('\n');
    const std::size_t length = lf == std::string_view::npos ? content.size() : lf + 1;
    const std::string_view piece = content.substr(0, length);
    content.remove_prefix(length);
    if (passing_) {
      if (!removing_) out += piece;
      passing_ = lf == std::string_view::npos;
      continue;
    }
    line_ += piece;
    if (lf != std::string_view::npos || line_.size() >= limits::command_line) {
      passing_ = lf == std::string_view::npos;
      take_line(out);
    }
  }
  out += content;
}

void HeaderEditor::take_line(std::string& out) {
  const std::string line = std::move(line_);
  line_.clear();
  const bool folded = !line.empty() && (line.front() == ' ' || line.front() == '\t');
  if (line == "\r\n" || line == "\n") {
    add_missing(out);
    in_body_ = true;
    removing_ = false;
  } else if (!folded) {
    removing_ = is_field(line, "Bcc");
    has_date_ = has_date_ || is_field(line, "Date");
    has_message_id_ = has_message_id_ || is_field(line, "Message-ID");
    has_from_ = has_from_ || is_field(line, "From");
  }
  if (!removing_) out += line;
}

void HeaderEditor::add_missing(std::string& out) {
  if (!has_date_) out += "Date: " + additions_.date + "\r\n";
  if (!has_from_ && !additions_.from.empty()) out += "From: <" + additions_.from + ">\r\n";
  if (!has_message_id_) out += "Message-ID: " + additions_.message_id + "\r\n";
}

void HeaderEditor::finish(std::string& out) {
  if (in_body_) return;
  if (!line_.empty()) {
    line_ += "\r\n";
    take_line(out);
  }
  if (!in_body_) add_missing(out);
}

}  // namespace mailtree::smtp
