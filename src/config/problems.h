// SPDX-License-Identifier: Apache-2.0
// Collects the mistakes of one configuration file.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

namespace mailtree::config {

class Problems {
 public:
  explicit Problems(std::string file) : file_(std::move(file)) {}

  void add(std::size_t line, const std::string& text) {
    if (!text_.empty()) text_ += '\n';
    text_ += file_ + (line > 0 ? ":" + std::to_string(line) : "") + ": " + text;
  }
  [[nodiscard]] bool none() const { return text_.empty(); }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string file_;
  std::string text_;
};

}  // namespace mailtree::config
