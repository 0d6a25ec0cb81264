// SPDX-License-Identifier: Apache-2.0
// Takes the octets of one message to the file that store or queue gave, behind its trace lines, and judges them.
// Writes go to the page cache in pieces; making them durable is the work of those who take the file over.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "smtp/content_inspector.h"
#include "smtp/header_editor.h"
#include "smtp/reply.h"

namespace mailtree::smtp {

class Intake {
 public:
  struct Rules {
    std::uint64_t max_octets = 0;
    std::uint64_t max_header_octets = 0;
    std::uint64_t max_received_fields = 0;
    bool binary = false;                               // BODY=BINARYMIME: any octet is legal
    std::optional<HeaderEditor::Additions> additions;  // of a submission server
  };
  // `trace` is what stands before the message: Return-Path, then Received.
  Intake(UniqueFd file, std::string_view trace, Rules rules);

  // Never fails: what is wrong is told by finish(), because all octets have to be read anyway.
  void add(std::string_view content);
  // After the last octet. The reply that refuses the message, or nothing: then the file is complete.
  std::optional<Reply> finish();

  [[nodiscard]] int file() const { return file_.get(); }
  [[nodiscard]] std::uint64_t size() const { return size_; }  // of the file
  [[nodiscard]] std::uint64_t crlf_size() const { return size_ + facts().bare_line_feeds; }
  [[nodiscard]] const ContentFacts& facts() const { return inspector_.facts(); }

 private:
  [[nodiscard]] bool refused() const;
  void write_out();

  UniqueFd file_;
  Rules rules_;
  ContentInspector inspector_;
  std::optional<HeaderEditor> editor_;
  std::string pending_;
  std::uint64_t size_ = 0;
  int failure_ = 0;  // errno of a write
};

}  // namespace mailtree::smtp
