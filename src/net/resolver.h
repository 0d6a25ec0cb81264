// SPDX-License-Identifier: Apache-2.0
// DNS with validation, by libunbound: MX, A, AAAA, PTR, TXT. At most max_in_flight questions at once; further ones wait
// their turn. Loop thread only. An answer is one of three: records, a proof or statement that there are none, unknown.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "loop/loop.h"
#include "loop/poll_watcher.h"
#include "loop/signal.h"
#include "loop/task.h"

struct ub_ctx;
struct ub_result;

namespace mailtree::net {

enum class RecordType : std::uint16_t { a = 1, ptr = 12, mx = 15, txt = 16, aaaa = 28 };  // RFC 1035, 3596

struct MxRecord {
  std::uint16_t preference = 0;
  std::string host;  // lower case, no final dot; empty = the root: null MX (RFC 7505)
};

struct DnsAnswer {
  enum class Outcome : std::uint8_t {
    records,
    no_records,  // the name exists, this type does not
    no_name,     // NXDOMAIN
    unknown,     // SERVFAIL, timeout, bogus signature: says nothing, try later
  };
  Outcome outcome = Outcome::unknown;
  bool secure = false;             // validated by DNSSEC
  std::vector<std::string> texts;  // A and AAAA: numeric addresses; PTR: names; TXT: joined strings
  std::vector<MxRecord> mx;
  std::string detail;  // of unknown, for the log
};

struct ResolverOptions {
  std::vector<std::string> forwarders;  // "192.0.2.53", "192.0.2.53:5353" or "address@port"; empty = from the root
  std::string root_key_file;            // trust anchor; empty = Debian's place, if it is there
};

class Resolver {
 public:
  static constexpr std::size_t max_in_flight = 64;    // more would fill libunbound's pipe and block the loop
  static constexpr std::size_t max_waiting = 10'000;  // beyond: unknown at once

  static Result<std::unique_ptr<Resolver>> create(loop::Loop& loop, const ResolverOptions& options);
  ~Resolver();  // questions under way must have ended: cancel() first
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // `name` without final dot; anything that is no host name is answered with no_name without asking.
  loop::Task<DnsAnswer> resolve(std::string name, RecordType type, loop::Deadline deadline);
  // All questions, running and later, are answered "unknown".
  void cancel();
  [[nodiscard]] std::size_t in_flight() const { return in_flight_; }

 private:
  struct Question;
  Resolver(loop::Loop& loop, ub_ctx* context);
  static void answered(void* question, int error, ub_result* result);
  void begin(Question& question);
  void begin_waiting();

  loop::Loop& loop_;
  ub_ctx* context_;
  std::unique_ptr<loop::PollWatcher> watcher_;
  std::deque<Question*> waiting_;
  std::vector<Question*> running_;
  std::size_t in_flight_ = 0;  // including questions whose asker gave up
  bool cancelled_ = false;
};

// Labels of letters, digits, hyphens and underscores, 253 octets in all (RFC 1035 section 2.3.4).
bool is_host_name(std::string_view name);

// Record data as text; exported for tests. False: malformed.
bool parse_dns_name(std::string_view data, std::size_t at, std::string& name);

}  // namespace mailtree::net
