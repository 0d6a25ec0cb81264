// SPDX-License-Identifier: Apache-2.0
#include "ldapauth/daemon/search_connection.h"

#include <lber.h>
#include <ldap.h>

#include <utility>

#include "base/ascii.h"
#include "ldapauth/daemon/record.h"

namespace mailtree::ldapauth {
namespace {

// Messages handled in one go before the loop gets its turn: about 2 ms.
constexpr int messages_per_turn = 128;
constexpr std::size_t max_value_bytes = 64UL * 1024;
constexpr std::size_t max_values = 10'000;

std::vector<char*> attribute_pointers(const std::vector<std::string>& names) {
  std::vector<char*> pointers;
  for (const std::string& name : names) pointers.push_back(const_cast<char*>(name.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

int scope_number(Scope scope) {
  switch (scope) {
    case Scope::base: return LDAP_SCOPE_BASE;
    case Scope::one_level: return LDAP_SCOPE_ONELEVEL;
    case Scope::subtree: break;
  }
  return LDAP_SCOPE_SUBTREE;
}

std::string_view view(const berval& value) { return {value.bv_val, value.bv_len}; }

Attribute read_attribute(const berval& description, const berval* values) {
  Attribute attribute;
  attribute.name = ascii::to_lower(view(description));
  for (std::size_t i = 0; values[i].bv_val != nullptr && i < max_values; ++i)
    if (values[i].bv_len <= max_value_bytes) attribute.values.emplace_back(view(values[i]));
  return attribute;
}

}  // namespace

std::optional<Entry> read_entry(ldap* handle, ldapmsg* message) {
  Entry entry;
  BerElement* ber = nullptr;
  berval dn{};
  if (ldap_get_dn_ber(handle, message, &ber, &dn) != LDAP_SUCCESS) return std::nullopt;
  entry.dn = view(dn);
  berval description{};
  berval* values = nullptr;
  int code = LDAP_SUCCESS;
  while ((code = ldap_get_attribute_ber(handle, message, ber, &description, &values)) == LDAP_SUCCESS) {
    if (description.bv_val == nullptr) break;
    // An attribute with options (";lang-fr") is another attribute.
    const bool plain = view(description).find(';') == std::string_view::npos;
    if (plain && values != nullptr) entry.attributes.push_back(read_attribute(description, values));
    ber_memfree(values);
    values = nullptr;
  }
  ber_free(ber, 0);
  if (code != LDAP_SUCCESS) return std::nullopt;
  return entry;
}

SearchConnection::SearchConnection(loop::Loop& loop, LdapSession session, Lost lost)
    : loop_(loop),
      session_(std::move(session)),
      lost_(std::move(lost)),
      last_heard_(std::chrono::steady_clock::now()),
      alive_(std::make_shared<bool>(true)) {
  session_.set_non_blocking();
  watcher_ = std::make_unique<loop::PollWatcher>(loop_, session_.descriptor(), [this](bool, bool) { read_answers(); });
  watcher_->watch(true, false);
}

SearchConnection::~SearchConnection() {
  *alive_ = false;
  watcher_.reset();  // before the descriptor is closed
}

bool SearchConnection::start(const SearchOperationPtr& operation) {
  static std::vector<char*> mail_attributes = attribute_pointers(wanted_attributes);
  static std::vector<char*> secrets = attribute_pointers(secret_attributes);
  const SearchRequest& request = operation->request;
  std::vector<char*>& attributes = request.wanted == Wanted::secrets ? secrets : mail_attributes;
  int message = -1;
  const int code =
      ldap_search_ext(session_.get(), request.base.c_str(), scope_number(request.scope), request.filter.c_str(),
                      attributes.data(), 0, nullptr, nullptr, nullptr, request.size_limit, &message);
  if (code == LDAP_BUSY) return false;
  if (code == LDAP_FILTER_ERROR || code == LDAP_PARAM_ERROR || code == LDAP_ENCODING_ERROR) {
    operation->finish(Unavailable{std::string("cannot send the search: ") + ldap_err2string(code)});
    return true;
  }
  if (code != LDAP_SUCCESS) {
    // The connection is gone; told from the loop, because the caller may be in the middle of its queue.
    unsent_.push_back(operation);
    auto alive = alive_;
    loop_.post([this, alive, code] {
      if (*alive) give_up(ldap_err2string(code));
    });
    return true;
  }
  operation->message = message;
  operation->entries.clear();
  operation->problem.clear();
  outstanding_.emplace(message, operation);
  return true;
}

void SearchConnection::abandon(const SearchOperationPtr& operation) {
  if (outstanding_.erase(operation->message) == 0) return;
  ldap_abandon_ext(session_.get(), operation->message, nullptr, nullptr);
  operation->message = -1;
}

void SearchConnection::read_answers() {
  const auto alive = alive_;
  for (int i = 0; i < messages_per_turn; ++i) {
    timeval none{0, 0};
    LDAPMessage* message = nullptr;
    const int kind = ldap_result(session_.get(), LDAP_RES_ANY, LDAP_MSG_ONE, &none, &message);
    if (kind < 0) {
      int code = LDAP_SERVER_DOWN;
      ldap_get_option(session_.get(), LDAP_OPT_RESULT_CODE, &code);
      give_up(ldap_err2string(code));  // may destroy this
      return;
    }
    if (kind == 0) {
      if (i > 0 && on_room_) on_room_();
      return;
    }
    last_heard_ = std::chrono::steady_clock::now();
    handle(message);
    ldap_msgfree(message);
  }
  if (on_room_) on_room_();
  // libldap may hold more that the descriptor no longer announces.
  loop_.post([this, alive] {
    if (*alive) read_answers();
  });
}

void SearchConnection::handle(ldapmsg* message) {
  const auto found = outstanding_.find(ldap_msgid(message));
  if (found == outstanding_.end()) return;  // abandoned
  const SearchOperationPtr operation = found->second;
  switch (ldap_msgtype(message)) {
    case LDAP_RES_SEARCH_ENTRY: {
      auto entry = read_entry(session_.get(), message);
      if (entry) operation->entries.push_back(std::move(*entry));
      if (!entry) operation->problem = "unreadable entry";
      return;
    }
    case LDAP_RES_SEARCH_REFERENCE: operation->problem = "referral"; return;
    case LDAP_RES_SEARCH_RESULT:
      outstanding_.erase(found);
      operation->message = -1;
      finish(operation, message);
      return;
    default: return;  // RFC 4511 4.13: intermediate responses nobody asked for
  }
}

void SearchConnection::finish(const SearchOperationPtr& operation, ldapmsg* result) {
  int code = LDAP_OTHER;
  if (ldap_parse_result(session_.get(), result, &code, nullptr, nullptr, nullptr, nullptr, 0) != LDAP_SUCCESS)
    code = LDAP_DECODING_ERROR;
  // A base that does not exist is an answer only where exactly that entry was asked for. Above a subtree it means a
  // wrong setting or missing rights: bouncing everybody's mail for that would be wrong.
  const bool absent = code == LDAP_NO_SUCH_OBJECT && operation->request.scope == Scope::base;
  if ((code == LDAP_SUCCESS || absent) && operation->problem.empty()) {
    operation->finish(std::make_shared<const Entries>(std::move(operation->entries)));
    return;
  }
  const std::string reason = operation->problem.empty() ? ldap_err2string(code) : operation->problem;
  operation->finish(Unavailable{"search of " + operation->request.base + ": " + reason});
}

void SearchConnection::give_up(std::string reason) {
  watcher_->watch(false, false);
  std::vector<SearchOperationPtr> unanswered = std::exchange(unsent_, {});
  for (auto& [message, operation] : outstanding_) {
    operation->message = -1;
    unanswered.push_back(operation);
  }
  outstanding_.clear();
  if (lost_) std::exchange(lost_, {})(std::move(reason), std::move(unanswered));
}

}  // namespace mailtree::ldapauth
