// SPDX-License-Identifier: Apache-2.0
// One account after the other, so that no more than one of them waits for the operator.
#include "programs/store_command.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "base/ascii.h"
#include "loop/loop.h"
#include "loop/task_group.h"
#include "store/client.h"

namespace mailtree::programs {
namespace {

using Answer = store::InspectAccount::Reply;
using loop::Deadline;
using loop::Task;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds listing_patience{60};
constexpr std::chrono::minutes patience{30};  // for one account: a million names may have to be read
constexpr std::chrono::seconds progress_interval{5};
constexpr std::uint32_t page = 500;

// File names and folder names are whatever users and other programs made of them.
std::string shown(const std::string& text) {
  std::string out;
  for (const char c : text) out += ascii::is_control(c) ? '?' : c;
  return out;
}

void print(const std::string& line) {
  std::fputs((line + "\n").c_str(), stdout);
}
void complain(const std::string& text) {
  std::fputs(("mailtree: " + text + "\n").c_str(), stderr);
}

// How full it is, if that is known: of octets or messages, whichever is nearer to its limit.
std::string share_of_quota(const Answer& answer) {
  const auto percent = [](std::int64_t limit, std::uint64_t held) {
    return limit > 0 ? static_cast<double>(held) * 100 / static_cast<double>(limit) : 0.0;
  };
  if (answer.quota.bytes < 0 && answer.quota.messages < 0) return {};
  const double most = std::max(percent(answer.quota.bytes, answer.totals.bytes),
                               percent(answer.quota.messages, answer.totals.messages));
  return ", " + std::to_string(static_cast<std::uint64_t>(most)) + " % of the quota";
}

class Inspection {
 public:
  Inspection(loop::Loop& loop, const StoreQuestion& question, const config::Settings& settings)
      : question_(question), settings_(settings), loop_(loop) {
    const auto at = question.whom.rfind('@');
    domain_ = ascii::to_lower(at == std::string::npos ? question.whom : question.whom.substr(at + 1));
    if (at != std::string::npos) uid_ = question.whom.substr(0, at);
  }

  Task<void> run() {
    [[maybe_unused]] const int frame = 0;
    co_await ask_partitions();
    loop_.stop();
  }

  Task<void> ask_partitions() {
    [[maybe_unused]] const int frame = 0;
    for (const config::Partition& partition : settings_.partitions) {
      if (!question_.partition.empty() && partition.name != question_.partition) continue;
      partition_ = partition.name;
      ++partitions_;
      store::Client client(loop_, settings_.socket("stored-" + partition.name));
      store::AccountName name;
      name.domain = domain_;
      name.uid = uid_;
      if (uid_.empty()) {
        co_await ask_for_all(client);
      } else {
        co_await ask_for_one(client, std::move(name));
      }
    }
  }

  // What is said when all answers are there; the exit status.
  int conclude() const {
    if (partitions_ == 0) complain("there is no [partitions." + question_.partition + "] in the configuration");
    if (partitions_ == 0 || failed_) return 1;
    if (accounts_ == 0 && !question_.whom.empty()) {
      complain("no mail of " + question_.whom + " is stored");
      return 1;
    }
    std::string sum = std::to_string(accounts_) + " accounts, " + std::to_string(totals_.messages) + " messages, " +
                      std::to_string(totals_.bytes) + " octets";
    if (question_.depth != store::Depth::stat) sum += ", " + std::to_string(found_) + " findings";
    if (uid_.empty() || question_.depth != store::Depth::stat) print(sum);
    return found_ == 0 || question_.depth == store::Depth::rebuild ? 0 : 1;
  }

 private:
  Task<void> ask_for_all(store::Client& client) {
    store::ListAccounts request;
    request.domain = domain_;
    request.limit = page;
    for (;;) {
      const auto listed = co_await client.call(request, Deadline::after(listing_patience));
      if (!listed) {
        fail(listed.error());
        co_return;
      }
      for (const store::AccountName& name : listed->accounts) {
        co_await ask_for_one(client, name);
      }
      if (listed->next.empty()) co_return;
      request.after = listed->next;
    }
  }

  Task<void> ask_for_one(store::Client& client, store::AccountName name) {
    store::InspectAccount request;
    request.account = std::move(name);
    request.folder = question_.folder;
    request.depth = static_cast<std::uint8_t>(question_.depth);
    const auto answer = co_await client.call(request, Deadline::after(patience));
    const std::string who = shown(request.account.uid + "@" + request.account.domain);
    if (!answer)
      fail(answer.error(), who + ": ");
    else if (answer->exists)
      tell(who, *answer);
  }

  void fail(const Error& error, const std::string& who = {}) {
    failed_ = true;
    complain(who + "partition " + partition_ + ": " + error.detail);
  }

  void tell(const std::string& who, const Answer& answer) {
    if (!question_.folder.empty() && answer.folders.empty()) {
      failed_ = true;
      complain(who + " has no folder " + question_.folder);
      return;
    }
    ++accounts_;
    found_ += answer.found;
    totals_.bytes += answer.totals.bytes;
    totals_.messages += answer.totals.messages;
    if (question_.depth == store::Depth::stat) {
      print(who + "  " + std::to_string(answer.totals.messages) + " messages, " + std::to_string(answer.totals.bytes) +
            " octets, log " + std::to_string(answer.log_octets) + ", MODSEQ " + std::to_string(answer.modseq) +
            share_of_quota(answer) + (answer.aside == 0 ? "" : ", " + std::to_string(answer.aside) + " files aside") +
            (answer.indexed ? ", indexed" : ", not indexed"));
      if (!uid_.empty()) tell_folders(answer);
    }
    for (const store::Finding& finding : answer.findings) {
      print(who + (finding.folder.empty() ? "" : " " + shown(finding.folder)) + ": " + finding.kind + ": " +
            shown(finding.what));
    }
    if (answer.found > answer.findings.size()) {
      print(who + ": and " + std::to_string(answer.found - answer.findings.size()) + " more");
    }
    show_progress();
  }

  static void tell_folders(const Answer& answer) {
    for (const store::FolderFacts& folder : answer.folders) {
      print("  " + shown(folder.name) + "  " + std::to_string(folder.messages) + " messages, " +
            std::to_string(folder.unseen) + " unseen, " + std::to_string(folder.bytes) + " octets, UIDVALIDITY " +
            std::to_string(folder.uidvalidity) + ", UIDNEXT " + std::to_string(folder.uidnext));
    }
  }

  void show_progress() {
    if (Clock::now() - last_progress_ < progress_interval) return;
    last_progress_ = Clock::now();
    std::fprintf(stderr, "partition %s: %llu accounts so far\n", partition_.c_str(),
                 static_cast<unsigned long long>(accounts_));
  }

  const StoreQuestion& question_;
  const config::Settings& settings_;
  loop::Loop& loop_;
  std::string domain_, uid_, partition_;
  std::size_t partitions_ = 0;
  std::uint64_t accounts_ = 0, found_ = 0;
  store::Totals totals_;
  bool failed_ = false;
  Clock::time_point last_progress_ = Clock::now();
};

}  // namespace

int inspect_store(const config::Settings& settings, const StoreQuestion& question) {
  loop::Loop loop;
  Inspection inspection(loop, question, settings);
  {
    loop::TaskGroup tasks(loop);
    tasks.spawn(inspection.run());
    if (tasks.size() > 0) loop.run();
  }
  for (int round = 0; round < 3; ++round) loop.run_once();  // closing handles need a turn
  return inspection.conclude();
}

}  // namespace mailtree::programs
