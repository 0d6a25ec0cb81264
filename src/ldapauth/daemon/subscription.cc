// SPDX-License-Identifier: Apache-2.0
#include "ldapauth/daemon/subscription.h"

#include <lber.h>
#include <ldap.h>

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "ldapauth/daemon/search_connection.h"
#include "log/log.h"

namespace mailtree::ldapauth {
namespace {

constexpr std::chrono::milliseconds heartbeat_interval{1000};
constexpr std::chrono::milliseconds heartbeat_patience{2500};
constexpr std::chrono::milliseconds first_pause{200};
constexpr std::chrono::milliseconds last_pause{800};
constexpr std::chrono::milliseconds unsupported_pause{30'000};
constexpr int messages_per_turn = 256;

struct Prepared {
  LdapSession session;
  std::string cookie;  // empty: the server keeps no contextCSN
};

// All contextCSN values at `dn`, as OpenLDAP writes them into a cookie: joined by ';'. Empty: it has none.
Result<std::string> context_csn(LdapSession& session, const std::string& dn) {
  char name[] = "contextCSN";
  char* attributes[] = {name, nullptr};
  timeval patience{3, 0};
  LDAPMessage* result = nullptr;
  std::string joined;
  const int code = ldap_search_ext_s(session.get(), dn.c_str(), LDAP_SCOPE_BASE, "(objectClass=*)", attributes, 0,
                                     nullptr, nullptr, &patience, 1, &result);
  if (code == LDAP_SUCCESS) {
    LDAPMessage* entry = ldap_first_entry(session.get(), result);
    berval** values = entry == nullptr ? nullptr : ldap_get_values_len(session.get(), entry, name);
    for (int i = 0; values != nullptr && values[i] != nullptr; ++i) {
      if (!joined.empty()) joined += ';';
      joined.append(values[i]->bv_val, values[i]->bv_len);
    }
    if (values != nullptr) ldap_value_free_len(values);
  }
  if (result != nullptr) ldap_msgfree(result);
  // Above our base there may be nothing, or nothing for us to see: that is an answer as well.
  const bool answered = code == LDAP_SUCCESS || code == LDAP_NO_SUCH_OBJECT || code == LDAP_INSUFFICIENT_ACCESS;
  if (!answered) return Error::temporary(Condition::unavailable, std::string("contextCSN: ") + ldap_err2string(code));
  return joined;
}

// contextCSN stands at the top entry of the data base, which is the base or above it.
Result<Prepared> prepare(const DirectoryOptions& options, const std::string& uri) {
  auto session = LdapSession::open(options, uri, true);
  if (!session) return session.error();
  std::string dn = options.base_dn;
  auto csn = context_csn(*session, dn);
  while (csn && csn->empty() && dn.find(',') != std::string::npos) {
    dn = dn.substr(dn.find(',') + 1);
    csn = context_csn(*session, dn);
  }
  if (!csn) return csn.error();
  Prepared prepared;
  if (!csn->empty()) prepared.cookie = "rid=001,csn=" + *csn;
  prepared.session = std::move(*session);
  return prepared;
}

// RFC 4533 2.2: SEQUENCE { mode refreshAndPersist(3), cookie }, critical.
LDAPControl* sync_request(const std::string& cookie) {
  BerElement* ber = ber_alloc_t(LBER_USE_DER);
  berval value{};
  LDAPControl* control = nullptr;
  ber_printf(ber, "{eo}", LDAP_SYNC_REFRESH_AND_PERSIST, cookie.data(), static_cast<ber_len_t>(cookie.size()));
  if (ber_flatten2(ber, &value, 0) == 0) ldap_control_create(LDAP_CONTROL_SYNC, 1, &value, 1, &control);
  ber_free(ber, 1);
  return control;
}

// RFC 4530: 16 octets as 8-4-4-4-12 hexadecimal digits.
std::string uuid_text(std::string_view octets) {
  std::string hex = hex_encode(octets);
  for (const std::size_t at : {20U, 16U, 12U, 8U}) hex.insert(at, 1, '-');
  return hex;
}

// RFC 4533 2.3. nullopt: no or a broken Sync State control.
std::optional<std::pair<int, std::string>> sync_state(ldap* handle, ldapmsg* message) {
  LDAPControl** controls = nullptr;
  if (ldap_get_entry_controls(handle, message, &controls) != LDAP_SUCCESS) return std::nullopt;
  std::optional<std::pair<int, std::string>> state;
  LDAPControl* control = ldap_control_find(LDAP_CONTROL_SYNC_STATE, controls, nullptr);
  BerElement* ber = control == nullptr ? nullptr : ber_init(&control->ldctl_value);
  if (ber != nullptr) {
    ber_int_t kind = 0;
    berval uuid{};
    if (ber_scanf(ber, "{em", &kind, &uuid) != LBER_ERROR && uuid.bv_len == 16)
      state.emplace(static_cast<int>(kind), uuid_text({uuid.bv_val, uuid.bv_len}));
    ber_free(ber, 1);
  }
  ldap_controls_free(controls);
  return state;
}

// RFC 4533 2.5: does this Sync Info message end the refresh stage? Identifiers are 0xa0|n, as all are constructed but
// the first.
bool ends_refresh(const berval& value) {
  BerElement* ber = ber_init(const_cast<berval*>(&value));
  if (ber == nullptr) return false;
  ber_len_t length = 0;
  const ber_tag_t choice = ber_peek_tag(ber, &length);
  bool done = false;
  if (choice == LDAP_TAG_SYNC_REFRESH_DELETE || choice == LDAP_TAG_SYNC_REFRESH_PRESENT) {
    done = true;  // DEFAULT TRUE
    berval cookie{};
    ber_int_t flag = 1;
    ber_scanf(ber, "{");
    if (ber_peek_tag(ber, &length) == LDAP_TAG_SYNC_COOKIE) ber_scanf(ber, "m", &cookie);
    if (ber_peek_tag(ber, &length) == LDAP_TAG_REFRESHDONE && ber_scanf(ber, "b", &flag) != LBER_ERROR)
      done = flag != 0;
  }
  ber_free(ber, 1);
  return done;
}

}  // namespace

Subscription::Subscription(loop::Loop& loop, loop::WorkerPool& pool, const DirectoryOptions& options,
                           ChangeHandlers handlers)
    : loop_(loop),
      pool_(pool),
      options_(options),
      handlers_(std::move(handlers)),
      alive_(std::make_shared<bool>(true)),
      failed_(loop),
      heart_(loop),
      tasks_(loop) {}

Subscription::~Subscription() {
  *alive_ = false;
  watcher_.reset();
}

void Subscription::start() {
  tasks_.spawn(keep_subscribed());
  tasks_.spawn(watch_heart());
}

loop::Task<void> Subscription::stop() {
  const loop::Deadline never = loop::Deadline::never();
  stopping_ = true;
  failed_.set();
  heart_.set();
  const auto ended = co_await tasks_.wait(never);
  static_cast<void>(ended);
  close();
}

loop::Task<void> Subscription::keep_subscribed() {
  std::chrono::milliseconds pause = first_pause;
  while (!stopping_) {
    auto job = [options = options_, uri = options_.uris[server_]] { return prepare(options, uri); };
    auto prepared = co_await pool_.run(std::move(job));
    if (stopping_) break;
    if (!prepared) {
      problem_ = prepared.error().detail;
      server_ = (server_ + 1) % options_.uris.size();
    } else if (subscribe(std::move(prepared->session), prepared->cookie)) {
      const loop::Deadline never = loop::Deadline::never();
      const auto woken = co_await failed_.wait(never);
      static_cast<void>(woken);
      pause = first_pause;
    }
    close();
    if (stopping_) break;
    if (unsupported_) pause = unsupported_pause;
    const auto woken = co_await failed_.wait(loop::Deadline::after(pause));
    static_cast<void>(woken);
    pause = std::min(2 * pause, unsupported_ ? unsupported_pause : last_pause);
  }
}

bool Subscription::subscribe(LdapSession session, const std::string& cookie) {
  unsupported_ = cookie.empty();
  if (unsupported_) {
    log::event(log::Level::warning, "ldapauth.changes.unsupported", {{"server", options_.uris[server_]}});
    return false;
  }
  broken_ = false;
  session_ = std::move(session);
  session_.set_non_blocking();
  LDAPControl* control = sync_request(cookie);
  LDAPControl* controls[] = {control, nullptr};
  char name[] = "objectClass";
  char* attributes[] = {name, nullptr};
  const int code = ldap_search_ext(session_.get(), options_.base_dn.c_str(), LDAP_SCOPE_SUBTREE, "(objectClass=*)",
                                   attributes, 0, controls, nullptr, nullptr, 0, &search_);
  ldap_control_free(control);
  if (code != LDAP_SUCCESS) {
    problem_ = ldap_err2string(code);
    return false;
  }
  last_heard_ = std::chrono::steady_clock::now();
  watcher_ = std::make_unique<loop::PollWatcher>(loop_, session_.descriptor(), [this](bool, bool) { read_messages(); });
  watcher_->watch(true, false);
  return true;
}

// One search of the root DSE a second, on the same connection: what keeps it from answering keeps changes away too.
loop::Task<void> Subscription::watch_heart() {
  const auto interval = heartbeat_interval;
  while (!stopping_) {
    const auto woken = co_await heart_.wait(loop::Deadline::after(interval));
    static_cast<void>(woken);
    if (!session_ || watcher_ == nullptr || broken_ || stopping_) continue;
    if (std::chrono::steady_clock::now() - last_heard_ > heartbeat_patience) {
      fail("no heartbeat");
    } else if (!beat()) {
      fail("cannot send");
    }
  }
}

bool Subscription::beat() {
  if (heartbeat_ >= 0) return true;
  char none[] = LDAP_NO_ATTRS;
  char* attributes[] = {none, nullptr};
  const int code = ldap_search_ext(session_.get(), "", LDAP_SCOPE_BASE, "(objectClass=*)", attributes, 0, nullptr,
                                   nullptr, nullptr, 1, &heartbeat_);
  return code == LDAP_SUCCESS || code == LDAP_BUSY;
}

void Subscription::read_messages() {
  const auto alive = alive_;
  for (int i = 0; i < messages_per_turn; ++i) {
    if (!session_ || watcher_ == nullptr) return;
    timeval none{0, 0};
    LDAPMessage* message = nullptr;
    const int kind = ldap_result(session_.get(), LDAP_RES_ANY, LDAP_MSG_ONE, &none, &message);
    if (kind < 0) return fail("connection lost");
    if (kind == 0) return;
    last_heard_ = std::chrono::steady_clock::now();
    handle(message);
    ldap_msgfree(message);
  }
  loop_.post([this, alive] {
    if (*alive) read_messages();
  });
}

void Subscription::handle(ldapmsg* message) {
  const int number = ldap_msgid(message);
  const int kind = ldap_msgtype(message);
  if (number == heartbeat_ && kind == LDAP_RES_SEARCH_RESULT) heartbeat_ = -1;
  if (number != search_) return;
  if (kind == LDAP_RES_SEARCH_ENTRY) handle_entry(message);
  if (kind == LDAP_RES_INTERMEDIATE) handle_info(message);
  if (kind == LDAP_RES_SEARCH_RESULT) {
    int code = LDAP_OTHER;
    ldap_parse_result(session_.get(), message, &code, nullptr, nullptr, nullptr, nullptr, 0);
    unsupported_ = code == LDAP_UNAVAILABLE_CRITICAL_EXTENSION;
    fail(ldap_err2string(code));
  }
}

void Subscription::handle_entry(ldapmsg* message) {
  const auto state = sync_state(session_.get(), message);
  if (!state) return fail("a change without its state");
  // Before the end of the refresh stage nothing is in the cache that a change could spoil.
  if (!live_ || state->first == LDAP_SYNC_PRESENT) return;
  const auto entry = read_entry(session_.get(), message);
  const bool is_domain = entry && entry->has_class("sunManagedOrganization");
  handlers_.changed(state->second, is_domain);
}

void Subscription::handle_info(ldapmsg* message) {
  char* oid = nullptr;
  berval* value = nullptr;
  const int code = ldap_parse_intermediate(session_.get(), message, &oid, &value, nullptr, 0);
  const bool is_sync_info = code == LDAP_SUCCESS && oid != nullptr && std::string_view(oid) == LDAP_SYNC_INFO;
  const bool done = is_sync_info && value != nullptr && ends_refresh(*value);
  const bool is_set = is_sync_info && value != nullptr && value->bv_len > 0 &&
                      static_cast<unsigned char>(value->bv_val[0]) == LDAP_TAG_SYNC_ID_SET;
  if (oid != nullptr) ldap_memfree(oid);
  if (value != nullptr) ber_bvfree(value);
  if (done) {
    refreshed();
  } else if (is_set && live_) {
    handlers_.began();  // more changed than is told one by one
  }
}

void Subscription::refreshed() {
  live_ = true;
  problem_.clear();
  log::event(log::Level::info, "ldapauth.changes.subscribed", {{"server", options_.uris[server_]}});
  handlers_.began();
}

void Subscription::fail(const std::string& reason) {
  if (broken_) return;
  broken_ = true;
  problem_ = reason;
  if (watcher_) watcher_->watch(false, false);
  if (live_) {
    live_ = false;
    log::event(log::Level::warning, "ldapauth.changes.lost", {{"error", reason}});
    handlers_.lost();
  }
  failed_.set();
}

// Not from within a callback of the watcher or of libldap.
void Subscription::close() {
  watcher_.reset();
  session_.reset();
  search_ = heartbeat_ = -1;
}

}  // namespace mailtree::ldapauth
