// SPDX-License-Identifier: Apache-2.0
// Runs histories until so many cuts are made; prints the figures, and the seed of each history that went wrong.
#include <sys/resource.h>

#include <chrono>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <string>
#include <string_view>

#include "histories/history.h"
#include "log/log.h"

namespace {

using namespace mailtree;
using namespace mailtree::histories;

constexpr const char* usage =
    "histories [--cuts N] [--seed S] [--one SEED] [--first] [--coverage] [--forgetful-directories]\n"
    "  --cuts N    histories until N lives were cut off (10000)\n"
    "  --seed S    of the first history; each next one has the next (1)\n"
    "  --one SEED  this history alone, every step of it told\n"
    "  --forgetful-directories  a failed sync of a directory is forgotten, as on file systems without a journal\n"
    "  --first     ends at the first history that goes wrong, else at the 20th\n"
    "  --coverage  calls of the disk by phase of the work: how often reached, and cut off, killed, failed there\n";

struct Options {
  std::uint64_t cuts = 10000;
  std::uint64_t seed = 1;
  bool one = false;
  bool coverage = false;
  bool first = false;
  bool forgetful_directories = false;
};

bool parse(int count, char** words, Options& options) {
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    const char* const value = i + 1 < count ? words[i + 1] : nullptr;
    if (word == "--first") {
      options.first = true;
      continue;
    }
    if (word == "--coverage" || word == "--forgetful-directories") {
      (word == "--coverage" ? options.coverage : options.forgetful_directories) = true;
      continue;
    }
    if (value == nullptr) return false;
    const std::uint64_t number = std::strtoull(value, nullptr, 10);
    if (word == "--cuts") options.cuts = number;
    if (word == "--seed" || word == "--one") options.seed = number;
    if (word == "--one") options.one = true;
    if (word != "--cuts" && word != "--seed" && word != "--one") return false;
    ++i;
  }
  return true;
}

void print(const Coverage& coverage) {
  std::size_t cut = 0;
  std::cout << std::left << std::setw(14) << "phase" << std::setw(20) << "call" << std::right << std::setw(10)
            << "reached" << std::setw(10) << "power cut" << std::setw(8) << "kill" << std::setw(8) << "failed\n";
  for (const auto& [place, site] : coverage.sites) {
    std::cout << std::left << std::setw(14) << place.first << std::setw(20) << name_of(place.second) << std::right
              << std::setw(10) << site.reached << std::setw(10) << site.crashed[0] << std::setw(8) << site.crashed[1]
              << std::setw(7) << site.crashed[2] << '\n';
    cut += site.crashed[0] > 0 && site.crashed[1] > 0 ? 1 : 0;
  }
  std::cout << cut << " of " << coverage.sites.size() << " places cut off in both ways\n";
}

}  // namespace

int main(int count, char** words) {
  Options options;
  if (!parse(count, words, options)) {
    std::cerr << usage;
    return 64;
  }
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  log::set_threshold(log::Level::alarm);
  Coverage coverage;
  Figures figures;
  World world(options.forgetful_directories);
  std::uint64_t histories_run = 0;
  std::uint64_t wrong = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (std::uint64_t seed = options.seed; figures.cuts + figures.kills < options.cuts; ++seed) {
    History history(world, seed, coverage, figures, options.one);
    const auto complaints = history.run();
    ++histories_run;
    if (!complaints.empty()) {
      ++wrong;
      std::cout << "seed " << seed << ":\n";
      for (const std::string& complaint : complaints) std::cout << "  " << complaint << '\n';
      std::cout.flush();
    }
    if (options.one || wrong >= (options.first ? 1 : 20)) break;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  if (options.coverage) print(coverage);
  std::cout << histories_run << " histories from seed " << options.seed << ", " << figures.cuts << " power cuts, "
            << figures.kills << " kills, " << figures.failed_calls << " failed calls, " << figures.requests
            << " requests, " << figures.answered << " answered, " << figures.looks << " looks, " << figures.glances
            << " glances, deepest recovery " << figures.deepest_recovery << ", " << std::fixed << std::setprecision(1)
            << took.count() << " s: " << wrong << " wrong\n";
  return wrong == 0 ? 0 : 1;
}
