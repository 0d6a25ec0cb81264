// SPDX-License-Identifier: Apache-2.0
#include "programs/explanation_text.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/ascii.h"

namespace mailtree::programs {
namespace {

using ldapauth::Account;
using ldapauth::DeliveryVerdict;
using ldapauth::Explain;
using ldapauth::Explanation;
using ldapauth::LoginVerdict;
using ldapauth::Outcome;
using ldapauth::Question;
using Json = nlohmann::ordered_json;

constexpr std::size_t key_width = 12;

// Directory values are whatever users and administrators made of them.
std::string shown(const std::string& text) {
  std::string out;
  for (const char c : text) out += ascii::is_control(c) ? '?' : c;
  return out;
}

std::string line(const std::string& key, const std::string& value) {
  return "  " + key + std::string(key.size() < key_width ? key_width - key.size() : 1, ' ') + shown(value) + '\n';
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

std::string limit(std::int64_t value, const std::string& unit) {
  if (value == ldapauth::quota_unlimited) return unit + " without limit";
  if (value == ldapauth::quota_default) return unit + " as the server's default";
  return std::to_string(value) + " " + unit;
}

std::string status(const std::string& word) {
  return word.empty() ? "active" : word;
}

std::string account_lines(const Account& account) {
  std::string text = line("user", account.name() + "  " + account.dn);
  text += line("status", status(account.status_word));
  text += line("quota", limit(account.quota_bytes, "octets") + ", " + limit(account.quota_messages, "messages"));
  if (account.max_message_bytes > 0) text += line("largest", std::to_string(account.max_message_bytes) + " octets");
  if (!account.partition.empty()) text += line("partition", account.partition);
  if (!account.mail_host.empty()) text += line("host", account.mail_host);
  return text;
}

std::string plan_lines(const ldapauth::DeliveryPlan& plan) {
  std::string text;
  for (const auto& mailbox : plan.mailboxes) {
    text += account_lines(mailbox.account);
    text += line("deliver", "into " + (mailbox.folder_hint.empty() ? "INBOX" : mailbox.folder_hint + ", else INBOX"));
  }
  for (const auto& forward : plan.forwards) text += line("forward", "to " + forward.address);
  for (const auto& group : plan.groups) {
    text += line("group", group.name);
    text += line("members", std::to_string(group.members.size()) + ": " + joined(group.members));
    if (!group.errors_to.empty()) text += line("errors", "to " + group.errors_to);
    if (!group.add_headers.empty()) text += line("adds", joined(group.add_headers));
    if (!group.remove_headers.empty()) text += line("removes", joined(group.remove_headers));
  }
  for (const auto& host : plan.hosts) text += line("send", host.address + " to the host " + host.host);
  for (const auto& hold : plan.holds) text += line("hold", hold.address + " in the queue: " + hold.reason);
  return text;
}

std::string domain_lines(const Explain& request, const Explanation& explanation) {
  if (explanation.domain_outcome == Outcome::not_hosted) return line("domain", "not hosted here");
  if (explanation.domain_outcome != Outcome::found) return {};
  const ldapauth::Domain& domain = explanation.domain;
  const std::size_t at = request.name.rfind('@');
  const std::string asked = at == std::string::npos ? domain.name : ascii::to_lower(request.name.substr(at + 1));
  std::string text = line(
      "domain", domain.name + (asked == domain.name ? "" : ", called " + asked) + "  users below " + domain.base_dn);
  text += line("its status", status(domain.status_word));
  if (domain.quota_bytes >= 0 || domain.quota_messages >= 0) {
    text += line("its quota", limit(domain.quota_bytes, "octets") + ", " + limit(domain.quota_messages, "messages") +
                                  " of all users");
  }
  if (!domain.catchall.empty()) text += line("catch-all", domain.catchall);
  if (!domain.smart_host.empty()) text += line("smart host", domain.smart_host);
  return text;
}

std::string login_answer(const Explanation& explanation) {
  if (explanation.outcome == Outcome::unavailable) return "temporarily impossible: " + explanation.detail;
  if (explanation.outcome != Outcome::found) return "refused in the words for a wrong password: " + explanation.detail;
  if (explanation.account.login == LoginVerdict::refused) {
    return "refused after the right password: " + explanation.account.status_word;
  }
  std::vector<std::string> open;
  std::vector<std::string> closed;
  for (const auto& verdict : explanation.services) (verdict.allowed ? open : closed).push_back(verdict.service);
  std::string text = open.empty() ? "no service is open" : "with the right password: " + joined(open);
  if (!closed.empty()) text += "; closed: " + joined(closed);
  return text;
}

std::string search_lines(const Explanation& explanation) {
  if (explanation.searches.empty()) return line("searches", "none");
  std::string text = "  searches\n";
  std::size_t number = 0;
  for (const auto& search : explanation.searches) {
    char time[32];
    std::snprintf(time, sizeof time, "%.1f ms", static_cast<double>(search.microseconds) / 1000);
    const std::string entries =
        search.entries.size() == 1 ? "1 entry" : std::to_string(search.entries.size()) + " entries";
    text += "    " + std::to_string(++number) + ". " + (search.remembered ? "remembered" : time) + ", " +
            shown(search.problem.empty() ? entries : "no answer: " + search.problem) + ": " + shown(search.filter) +
            (search.only_base ? " at " : " below ") + shown(search.base) + '\n';
    for (const std::string& dn : search.entries) text += "       " + shown(dn) + '\n';
  }
  return text;
}

const char* word(Outcome outcome) {
  switch (outcome) {
    case Outcome::found:
      return "found";
    case Outcome::no_such_user:
      return "no such user";
    case Outcome::not_hosted:
      return "not hosted";
    case Outcome::unavailable:
      break;
  }
  return "unavailable";
}

Json json_of(const Account& account) {
  return {{"name", account.name()},
          {"dn", account.dn},
          {"entryUUID", account.entry_uuid},
          {"mail", account.mail},
          {"addresses", account.addresses},
          {"status", status(account.status_word)},
          {"quota_octets", account.quota_bytes},
          {"quota_messages", account.quota_messages},
          {"partition", account.partition},
          {"host", account.mail_host},
          {"service_access", account.service_access}};
}

Json json_of(const ldapauth::DeliveryPlan& plan) {
  Json json = Json::object();
  json["mailboxes"] = json["forwards"] = json["groups"] = json["hosts"] = json["holds"] = Json::array();
  for (const auto& mailbox : plan.mailboxes) {
    Json one = json_of(mailbox.account);
    one["folder"] = mailbox.folder_hint;
    json["mailboxes"].push_back(std::move(one));
  }
  for (const auto& forward : plan.forwards) json["forwards"].push_back(forward.address);
  for (const auto& group : plan.groups) {
    json["groups"].push_back({{"name", group.name}, {"members", group.members}, {"errors_to", group.errors_to}});
  }
  for (const auto& host : plan.hosts) json["hosts"].push_back({{"host", host.host}, {"address", host.address}});
  for (const auto& hold : plan.holds) json["holds"].push_back({{"address", hold.address}, {"reason", hold.reason}});
  return json;
}

}  // namespace

bool is_good(const Explain& request, const Explanation& explanation) {
  if (explanation.outcome != Outcome::found) return false;
  if (request.question == Question::recipient) return !explanation.plan.is_refused();
  return std::any_of(explanation.services.begin(), explanation.services.end(),
                     [](const auto& verdict) { return verdict.allowed; });
}

std::string reply_at_rcpt(const Explanation& explanation) {
  const ldapauth::Refusal& refusal = explanation.plan.refusal;
  switch (explanation.outcome) {
    case Outcome::found:
      if (explanation.plan.is_refused()) {
        return std::to_string(refusal.code) + " " + refusal.enhanced + " " + refusal.text;
      }
      return explanation.plan.mailboxes.empty() ? "250 2.1.5" : "250 2.1.5, unless the mailbox is full";
    case Outcome::no_such_user:
      return "550 5.1.1 No such user here" + (explanation.detail.empty() ? "" : " (" + explanation.detail + ")");
    case Outcome::not_hosted:
      return "550 5.7.1 Relaying denied, unless the sender may relay";
    case Outcome::unavailable:
      break;
  }
  return "451 4.3.0, since nothing is known: " + explanation.detail;
}

std::string explanation_text(const Explain& request, const Explanation& explanation) {
  const bool is_login = request.question == Question::login;
  std::string text =
      is_login ? "Signing in as " + shown(request.name) + ":\n" : "Mail for " + shown(request.name) + ":\n";
  text += domain_lines(request, explanation);
  if (is_login) {
    if (explanation.outcome == Outcome::found) text += account_lines(explanation.account);
    if (!explanation.domain_service_access.empty()) text += line("domain rule", explanation.domain_service_access);
    if (!explanation.account.service_access.empty()) text += line("user rule", explanation.account.service_access);
    text += line("answer", login_answer(explanation));
  } else {
    text += plan_lines(explanation.plan);
    text += line("answer", reply_at_rcpt(explanation));
  }
  return text + search_lines(explanation);
}

std::string explanation_json(const Explain& request, const Explanation& explanation) {
  Json json;
  json["question"] = request.question == Question::login ? "login" : "recipient";
  json["name"] = request.name;
  json["outcome"] = word(explanation.outcome);
  if (!explanation.detail.empty()) json["detail"] = explanation.detail;
  if (explanation.domain_outcome == Outcome::found) {
    const ldapauth::Domain& domain = explanation.domain;
    json["domain"] = {{"name", domain.name},         {"aliases", domain.aliases},
                      {"base_dn", domain.base_dn},   {"status", status(domain.status_word)},
                      {"catchall", domain.catchall}, {"smart_host", domain.smart_host}};
  }
  if (request.question == Question::login) {
    if (explanation.outcome == Outcome::found) json["user"] = json_of(explanation.account);
    json["services"] = Json::object();
    for (const auto& verdict : explanation.services) json["services"][verdict.service] = verdict.allowed;
    json["answer"] = login_answer(explanation);
  } else {
    json["plan"] = json_of(explanation.plan);
    json["answer"] = reply_at_rcpt(explanation);
  }
  json["searches"] = Json::array();
  for (const auto& search : explanation.searches) {
    json["searches"].push_back({{"base", search.base},
                                {"scope", search.only_base ? "base" : "sub"},
                                {"filter", search.filter},
                                {"remembered", search.remembered},
                                {"microseconds", search.microseconds},
                                {"entries", search.entries},
                                {"problem", search.problem}});
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace mailtree::programs
