// SPDX-License-Identifier: Apache-2.0
// What a submission server may do to a header block (RFC 6409 section 8): add Date and Message-ID, remove Bcc.
// The body passes untouched; so does everything of a message whose header is whole already.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mailtree::smtp {

class HeaderEditor {
 public:
  struct Additions {
    std::string date;        // value of Date, used if there is none
    std::string message_id;  // with angle brackets
    std::string from;        // address for a missing From
  };
  explicit HeaderEditor(Additions additions) : additions_(std::move(additions)) {}

  // Appends edited octets to `out`. At most one line is held back, and of that only limits::command_line octets.
  void feed(std::string_view content, std::string& out);
  // The end: a message without an empty line gets what is missing behind its last field.
  void finish(std::string& out);

 private:
  void take_line(std::string& out);
  void add_missing(std::string& out);

  Additions additions_;
  std::string line_;  // the current header line so far
  bool in_body_ = false;
  bool removing_ = false;  // within a Bcc field, folded lines included
  bool passing_ = false;   // the rest of an over-long line goes through as it comes
  bool has_date_ = false, has_message_id_ = false, has_from_ = false;
};

}  // namespace mailtree::smtp
