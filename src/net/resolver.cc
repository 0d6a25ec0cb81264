// SPDX-License-Identifier: Apache-2.0
// libunbound behind coroutines: asked asynchronously, its thread answers through a descriptor the loop watches.
#include "net/resolver.h"

#include <arpa/inet.h>
#include <unbound.h>
#include <unistd.h>

#include <algorithm>

#include "base/ascii.h"

namespace mailtree::net {
namespace {

constexpr int class_in = 1;
constexpr int rcode_ok = 0;
constexpr int rcode_no_name = 3;
constexpr const char* debian_root_key = "/usr/share/dns/root.key";
// Zones libunbound answers by itself; with forwarders of our own they must be asked as any other.
constexpr const char* built_in_zones[] = {
    "test.",      "invalid.",          "localhost.",       "onion.",
    "home.arpa.", "127.in-addr.arpa.", "10.in-addr.arpa.", "168.192.in-addr.arpa."};

std::string forwarder_address(const std::string& text) {
  const bool one_colon = std::count(text.begin(), text.end(), ':') == 1;  // host:port of an IPv4 address
  if (!one_colon) return text;
  std::string address = text;
  std::replace(address.begin(), address.end(), ':', '@');
  return address;
}

Error failure(const char* what, int code) {
  return Error::temporary(Condition::unavailable, std::string(what) + ": " + ub_strerror(code));
}

Result<void> configure(ub_ctx* context, const ResolverOptions& options) {
  if (const int code = ub_ctx_async(context, 1); code != 0) return failure("libunbound thread", code);
  if (!options.forwarders.empty()) {
    const int local = ub_ctx_set_option(context, "do-not-query-localhost:", "no");
    if (local != 0) return failure("do-not-query-localhost", local);
    for (const std::string& forwarder : options.forwarders) {
      const int code = ub_ctx_set_fwd(context, forwarder_address(forwarder).c_str());
      if (code != 0) return failure(forwarder.c_str(), code);
    }
    for (const char* zone : built_in_zones) ub_ctx_zone_remove(context, zone);
  }
  std::string key = options.root_key_file;
  if (key.empty() && options.forwarders.empty() && ::access(debian_root_key, R_OK) == 0) key = debian_root_key;
  if (!key.empty()) {
    if (const int code = ub_ctx_add_ta_file(context, key.c_str()); code != 0) return failure(key.c_str(), code);
  }
  return {};
}

std::string address_text(std::string_view data, int family) {
  const std::size_t expected = family == AF_INET ? 4 : 16;
  char text[INET6_ADDRSTRLEN] = "";
  if (data.size() != expected || ::inet_ntop(family, data.data(), text, sizeof text) == nullptr) return {};
  return text;
}

// RFC 1035 section 3.3.14: strings with a length octet each.
std::string txt_text(std::string_view data) {
  std::string text;
  for (std::size_t at = 0; at < data.size();) {
    const auto length = static_cast<unsigned char>(data[at]);
    text.append(data.substr(at + 1, length));
    at += 1U + length;
  }
  return text;
}

void add_record(RecordType type, std::string_view data, DnsAnswer& answer) {
  std::string text;
  switch (type) {
    case RecordType::a:
    case RecordType::aaaa:
      text = address_text(data, type == RecordType::a ? AF_INET : AF_INET6);
      break;
    case RecordType::ptr:
      if (!parse_dns_name(data, 0, text)) return;
      break;
    case RecordType::txt:
      text = txt_text(data);
      break;
    case RecordType::mx: {
      MxRecord record;
      if (data.size() < 3 || !parse_dns_name(data, 2, record.host)) return;
      const auto high = static_cast<unsigned char>(data[0]);
      const auto low = static_cast<unsigned char>(data[1]);
      record.preference = static_cast<std::uint16_t>(high << 8 | low);
      answer.mx.push_back(std::move(record));
      return;
    }
  }
  if (!text.empty()) answer.texts.push_back(std::move(text));
}

DnsAnswer read_result(RecordType type, const ub_result& result) {
  DnsAnswer answer;
  answer.secure = result.secure != 0;
  if (result.bogus != 0) {
    answer.detail = std::string("bogus: ") + (result.why_bogus != nullptr ? result.why_bogus : "");
    return answer;
  }
  if (result.rcode == rcode_no_name) {
    answer.outcome = DnsAnswer::Outcome::no_name;
    return answer;
  }
  if (result.rcode != rcode_ok) {
    answer.detail = "rcode " + std::to_string(result.rcode);
    return answer;
  }
  constexpr int max_records = 1000;  // R05: more is hostile
  for (int i = 0; result.havedata != 0 && i < max_records && result.data[i] != nullptr; ++i) {
    add_record(type, std::string_view(result.data[i], static_cast<std::size_t>(result.len[i])), answer);
  }
  const bool any = !answer.texts.empty() || !answer.mx.empty();
  answer.outcome = any ? DnsAnswer::Outcome::records : DnsAnswer::Outcome::no_records;
  if (!any && result.havedata != 0) {
    answer.outcome = DnsAnswer::Outcome::unknown;
    answer.detail = "malformed records";
  }
  return answer;
}

}  // namespace

// Outlives its asker if that gives up: libunbound may still hold it. Freed when both have let go.
struct Resolver::Question {
  Question(loop::Loop& loop, Resolver& owner, std::string n, RecordType t)
      : done(loop), resolver(&owner), name(std::move(n)), type(t) {}
  loop::Signal done;
  Resolver* resolver;
  std::string name;
  RecordType type;
  DnsAnswer answer;
  bool begun = false, asker_gone = false;
  int id = 0;
};

Result<std::unique_ptr<Resolver>> Resolver::create(loop::Loop& loop, const ResolverOptions& options) {
  ub_ctx* const context = ub_ctx_create();
  if (context == nullptr) return Error::temporary(Condition::unavailable, "libunbound cannot start");
  const auto configured = configure(context, options);
  if (!configured) {
    ub_ctx_delete(context);
    return configured.error();
  }
  return std::unique_ptr<Resolver>(new Resolver(loop, context));
}

Resolver::Resolver(loop::Loop& loop, ub_ctx* context) : loop_(loop), context_(context) {
  watcher_ = std::make_unique<loop::PollWatcher>(loop, ub_fd(context), [this](bool, bool) { ub_process(context_); });
  watcher_->watch(true, false);
}

Resolver::~Resolver() {
  cancel();
  watcher_.reset();
  for (Question* question : running_) {
    ub_cancel(context_, question->id);
    if (question->asker_gone) delete question;
  }
  ub_ctx_delete(context_);
}

void Resolver::cancel() {
  cancelled_ = true;
  const Error stopping = Error::cancelled(Condition::stopping, "resolver stopped");
  for (Question* question : running_) question->done.cancel(stopping);
  for (Question* question : waiting_) question->done.cancel(stopping);
}

void Resolver::answered(void* data, int error, ub_result* result) {
  auto* const question = static_cast<Question*>(data);
  Resolver& self = *question->resolver;
  std::erase(self.running_, question);
  --self.in_flight_;
  if (error == 0 && result != nullptr) {
    question->answer = read_result(question->type, *result);
  } else {
    question->answer.detail = ub_strerror(error);
  }
  if (result != nullptr) ub_resolve_free(result);
  if (question->asker_gone) {
    delete question;
  } else {
    question->begun = false;
    question->done.set();
  }
  self.begin_waiting();
}

void Resolver::begin(Question& question) {
  question.begun = true;
  ++in_flight_;
  running_.push_back(&question);
  const int type = static_cast<int>(question.type);
  const int code =
      ub_resolve_async(context_, question.name.c_str(), type, class_in, &question, &Resolver::answered, &question.id);
  if (code == 0) return;
  std::erase(running_, &question);
  --in_flight_;
  question.begun = false;
  question.answer.detail = ub_strerror(code);
  question.done.set();
}

void Resolver::begin_waiting() {
  while (in_flight_ < max_in_flight && !waiting_.empty()) {
    Question* const next = waiting_.front();
    waiting_.pop_front();
    begin(*next);
  }
}

loop::Task<DnsAnswer> Resolver::resolve(std::string name, RecordType type, loop::Deadline deadline) {
  DnsAnswer answer;
  if (!is_host_name(name)) {
    answer.outcome = DnsAnswer::Outcome::no_name;
    answer.detail = "not a host name";
    co_return answer;
  }
  if (cancelled_ || waiting_.size() >= max_waiting) {
    answer.detail = "resolver busy or stopped";
    co_return answer;
  }
  auto question = std::make_unique<Question>(loop_, *this, std::move(name), type);
  waiting_.push_back(question.get());
  begin_waiting();
  const auto waited = co_await question->done.wait(deadline);
  if (waited) co_return std::move(question->answer);
  answer.detail = waited.error().detail.empty() ? "no answer in time" : waited.error().detail;
  if (question->begun) {  // libunbound still has it: it is freed when it comes back
    question->asker_gone = true;
    static_cast<void>(question.release());
  } else {
    std::erase(waiting_, question.get());
  }
  co_return answer;
}

bool is_host_name(std::string_view name) {
  if (name.empty() || name.size() > 253 || name.front() == '.' || name.back() == '.') return false;
  std::size_t label = 0;
  for (const char c : name) {
    label = c == '.' ? 0 : label + 1;
    if (c == '.' ? false : label > 63) return false;
    if (c == '.' || c == '-' || c == '_' || ascii::is_digit(c) || ascii::is_alpha(c)) continue;
    return false;
  }
  return name.find("..") == std::string_view::npos;
}

// RFC 1035 section 3.1. libunbound has undone compression, so a pointer here is malformed.
bool parse_dns_name(std::string_view data, std::size_t at, std::string& name) {
  name.clear();
  while (at < data.size()) {
    const auto length = static_cast<unsigned char>(data[at]);
    if (length == 0) return at + 1 == data.size() && (name.empty() || is_host_name(name));
    if (length > 63 || at + 1 + length > data.size()) return false;
    const std::string_view label = data.substr(at + 1, length);
    if (label.find('.') != std::string_view::npos) return false;
    if (!name.empty()) name += '.';
    name += ascii::to_lower(label);
    at += 1U + length;
  }
  return false;
}

}  // namespace mailtree::net
