// SPDX-License-Identifier: Apache-2.0
#include "corpus.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "mime/line_ends.h"

namespace mailtree::mime::testing {
namespace {

constexpr const char* directories[] = {"/usr/lib/python3.11/test/test_email/data",
                                       "/usr/share/doc/spamassassin/examples"};

}  // namespace

std::vector<Sample> corpus() {
  std::vector<std::filesystem::path> files;
  for (const char* directory : directories) {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(directory, ignored))
      if (entry.path().extension() == ".txt") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<Sample> out;
  for (const auto& path : files) {
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    std::string full = to_crlf(text);
    if (full != text) out.push_back({path.filename().string() + " (CRLF)", std::move(full)});
    out.push_back({path.filename().string(), std::move(text)});
  }
  return out;
}

}  // namespace mailtree::mime::testing
