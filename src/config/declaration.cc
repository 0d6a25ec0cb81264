// SPDX-License-Identifier: Apache-2.0
// The table of all settings, in the order of the sample file. A new setting = a member in settings.h and a line here.
#include "config/declaration.h"

#include <array>

namespace mailtree::config {
namespace {

using S = Settings&;
using T = Target;

constexpr auto settings = std::to_array<Setting>({
    {"host_name", [](S s) -> T { return &s.host_name; }, Unit::domain,
     "Name of this host in greetings, Received lines and HELO; empty means the machine's own full name.",
     "mail.example.org"},
    {"run_directory", [](S s) -> T { return &s.run_directory; }, Unit::path,
     "Sockets, process ids and the lock of the running server.", ""},
    {"postmaster", [](S s) -> T { return &s.postmaster; }, Unit::address,
     "Mail address that gets mail for postmaster where a domain names none.", "postmaster@example.org"},
    {"default_domain", [](S s) -> T { return &s.default_domain; }, Unit::domain,
     "Domain added to login names and addresses that have none.", "example.org"},
    {"log_level", [](S s) -> T { return &s.log_level; }, Unit::none,
     "Least level that is logged: debug, info, warning, error or alarm.", ""},
    {"workers", [](S s) -> T { return &s.workers; }, Unit::count,
     "Processes of frontd, smtpd, imapd and relayd each; 0 means one for each core, at most 8.", ""},
    {"plaintext_login_networks", [](S s) -> T { return &s.plaintext_login_networks; }, Unit::none,
     "Networks whose clients may send passwords without TLS.", ""},
    {"limit_exempt_networks", [](S s) -> T { return &s.limit_exempt_networks; }, Unit::none,
     "Networks whose clients are not counted against connection and failure limits.", ""},
    {"users.net", [](S s) -> T { return &s.users.net; }, Unit::none,
     "User (name or number) of frontd and smtpd when started as root; empty means no change.", ""},
    {"users.dir", [](S s) -> T { return &s.users.dir; }, Unit::none, "User of ldapauthd when started as root.", ""},
    {"users.store", [](S s) -> T { return &s.users.store; }, Unit::none,
     "User of stored, imapd and pop3d when started as root.", ""},
    {"users.queue", [](S s) -> T { return &s.users.queue; }, Unit::none, "User of queued when started as root.", ""},
    {"users.relay", [](S s) -> T { return &s.users.relay; }, Unit::none, "User of relayd when started as root.", ""},
    {"directory.uris", [](S s) -> T { return &s.directory.uris; }, Unit::none, "LDAP servers, tried in this order.",
     ""},
    {"directory.bind_dn", [](S s) -> T { return &s.directory.bind_dn; }, Unit::none,
     "Identity for searches; empty means anonymous.", "cn=mailtree,dc=example,dc=org"},
    {"directory.password_file", [](S s) -> T { return &s.directory.password_file; }, Unit::path,
     "File whose first line is the password of bind_dn.", "/etc/mailtree/directory.password"},
    {"directory.base_dn", [](S s) -> T { return &s.directory.base_dn; }, Unit::none,
     "Where domains and users are searched.", "dc=example,dc=org"},
    {"directory.start_tls", [](S s) -> T { return &s.directory.start_tls; }, Unit::none,
     "Whether to use StartTLS on ldap:// connections.", ""},
    {"directory.ca_file", [](S s) -> T { return &s.directory.ca_file; }, Unit::path,
     "Certificates that may vouch for the LDAP servers; empty means the system's.", ""},
    {"directory.mechanisms", [](S s) -> T { return &s.directory.mechanisms; }, Unit::none,
     "How users may sign in, best first: PLAIN, LOGIN (both with the password) and, by verifiers in authPassword, "
     "SCRAM-SHA-256 and SCRAM-SHA-1, over TLS with channel binding (-PLUS) as well.",
     "[\"SCRAM-SHA-256\", \"PLAIN\", \"LOGIN\"]"},
    {"directory.image_directory", [](S s) -> T { return &s.directory.image_directory; }, Unit::path,
     "Copy of entries without secrets, for a restart while the directory is down.", ""},
    {"directory.search_timeout_seconds", [](S s) -> T { return &s.directory.search_timeout_seconds; }, Unit::seconds,
     "Longest wait for the answer to a search.", ""},
    {"directory.bind_timeout_seconds", [](S s) -> T { return &s.directory.bind_timeout_seconds; }, Unit::seconds,
     "Longest wait for the answer to a bind.", ""},
    {"directory.bind_connections", [](S s) -> T { return &s.directory.bind_connections; }, Unit::count,
     "Connections kept for checking passwords.", ""},
    {"directory.search_window", [](S s) -> T { return &s.directory.search_window; }, Unit::count,
     "Searches under way on the search connection; slapd closes it above 100.", ""},
    {"directory.password_cache_seconds", [](S s) -> T { return &s.directory.password_cache_seconds; }, Unit::seconds,
     "How long a verified password is remembered (as a keyed hash); 0 means not at all.", ""},
    {"directory.entry_cache_seconds", [](S s) -> T { return &s.directory.entry_cache_seconds; }, Unit::seconds,
     "How long an entry is used without asking again while no change is announced.", ""},
    {"directory.login_failure_delay_seconds", [](S s) -> T { return &s.directory.login_failure_delay_seconds; },
     Unit::seconds, "Delay of the answer after a wrong password, doubled each time.", ""},
    {"directory.login_failure_delay_max_seconds", [](S s) -> T { return &s.directory.login_failure_delay_max_seconds; },
     Unit::seconds, "Longest such delay.", ""},
    {"queue.directory", [](S s) -> T { return &s.queue.directory; }, Unit::path,
     "Mail that waits for another host or for expansion.", ""},
    {"queue.retry_first_seconds", [](S s) -> T { return &s.queue.retry_first_seconds; }, Unit::seconds,
     "Wait before the second attempt, doubled each time.", ""},
    {"queue.retry_max_seconds", [](S s) -> T { return &s.queue.retry_max_seconds; }, Unit::seconds,
     "Longest wait between two attempts.", ""},
    {"queue.lifetime_seconds", [](S s) -> T { return &s.queue.lifetime_seconds; }, Unit::seconds,
     "Age at which undelivered mail goes back to its sender.", ""},
    {"queue.warn_after_seconds", [](S s) -> T { return &s.queue.warn_after_seconds; }, Unit::seconds,
     "Age at which the sender is told that mail is late.", ""},
    {"queue.max_messages", [](S s) -> T { return &s.queue.max_messages; }, Unit::count,
     "Messages in the queue above which new ones get a temporary refusal.", ""},
    {"queue.max_recipients", [](S s) -> T { return &s.queue.max_recipients; }, Unit::count,
     "Waiting recipients above which new ones get a temporary refusal.", ""},
    {"queue.expansion_max_results", [](S s) -> T { return &s.queue.expansion_max_results; }, Unit::count,
     "Recipients a group may expand to.", ""},
    {"queue.expansion_max_depth", [](S s) -> T { return &s.queue.expansion_max_depth; }, Unit::count,
     "Groups within groups.", ""},
    {"listeners.smtp", [](S s) -> T { return &s.listeners.smtp; }, Unit::none, "Mail from other hosts (RFC 5321).",
     "[\"0.0.0.0:25\", \"[::]:25\"]"},
    {"listeners.submission", [](S s) -> T { return &s.listeners.submission; }, Unit::none,
     "Mail from users, STARTTLS (RFC 6409).", "[\"0.0.0.0:587\", \"[::]:587\"]"},
    {"listeners.submissions", [](S s) -> T { return &s.listeners.submissions; }, Unit::none,
     "Mail from users, TLS from the start (RFC 8314).", "[\"0.0.0.0:465\", \"[::]:465\"]"},
    {"listeners.lmtp", [](S s) -> T { return &s.listeners.lmtp; }, Unit::none,
     "Mail from trusted hosts of this site (RFC 2033).", "[\"127.0.0.1:24\"]"},
    {"listeners.imap", [](S s) -> T { return &s.listeners.imap; }, Unit::none, "IMAP with STARTTLS (RFC 3501).",
     "[\"0.0.0.0:143\", \"[::]:143\"]"},
    {"listeners.imaps", [](S s) -> T { return &s.listeners.imaps; }, Unit::none, "IMAP, TLS from the start.",
     "[\"0.0.0.0:993\", \"[::]:993\"]"},
    {"listeners.pop3", [](S s) -> T { return &s.listeners.pop3; }, Unit::none, "POP3 with STLS (RFC 1939).",
     "[\"0.0.0.0:110\", \"[::]:110\"]"},
    {"listeners.pop3s", [](S s) -> T { return &s.listeners.pop3s; }, Unit::none, "POP3, TLS from the start.",
     "[\"0.0.0.0:995\", \"[::]:995\"]"},
    {"tls.certificate", [](S s) -> T { return &s.tls.certificate; }, Unit::path,
     "PEM file with the certificate and its chain; empty means no TLS is offered.", "/etc/mailtree/certificate.pem"},
    {"tls.key", [](S s) -> T { return &s.tls.key; }, Unit::path, "PEM file with the private key.",
     "/etc/mailtree/key.pem"},
    {"store.quota_grace_seconds", [](S s) -> T { return &s.store.quota_grace_seconds; }, Unit::seconds,
     "How long mail to a full mailbox or domain is deferred before it is refused; 0 refuses at once.", ""},
    {"store.quota_warning_percent", [](S s) -> T { return &s.store.quota_warning_percent; }, Unit::count,
     "Percentage of its quota from which on a mailbox is worth a warning in the log; 0 never warns.", ""},
    {"store.flags_in_names_seconds", [](S s) -> T { return &s.store.flags_in_names_seconds; }, Unit::seconds,
     "How long after a change of flags the names of message files show it to other programs.", ""},
    {"smtp.max_message_bytes", [](S s) -> T { return &s.smtp.max_message_bytes; }, Unit::bytes,
     "Largest message accepted, announced by SIZE and APPENDLIMIT.", ""},
    {"smtp.max_header_bytes", [](S s) -> T { return &s.smtp.max_header_bytes; }, Unit::bytes,
     "Largest header block accepted.", ""},
    {"smtp.max_recipients", [](S s) -> T { return &s.smtp.max_recipients; }, Unit::count,
     "Recipients of one message from another host; RFC 5321 4.5.3.1.8 asks for 100 at least.", ""},
    {"smtp.max_submission_recipients", [](S s) -> T { return &s.smtp.max_submission_recipients; }, Unit::count,
     "Recipients of one message from a user.", ""},
    {"smtp.max_received_headers", [](S s) -> T { return &s.smtp.max_received_headers; }, Unit::count,
     "Received lines above which a message counts as looping.", ""},
    {"smtp.max_errors", [](S s) -> T { return &s.smtp.max_errors; }, Unit::count,
     "Wrong commands in a session before it is closed.", ""},
    {"smtp.max_connections", [](S s) -> T { return &s.smtp.max_connections; }, Unit::count,
     "Open sessions in all smtpd processes.", ""},
    {"smtp.max_connections_per_client", [](S s) -> T { return &s.smtp.max_connections_per_client; }, Unit::count,
     "Open sessions of one IPv4 address or IPv6 /64.", ""},
    {"smtp.greeting_timeout_seconds", [](S s) -> T { return &s.smtp.greeting_timeout_seconds; }, Unit::seconds,
     "Longest wait for the first command.", ""},
    {"smtp.command_timeout_seconds", [](S s) -> T { return &s.smtp.command_timeout_seconds; }, Unit::seconds,
     "Longest wait for the next command or data.", ""},
    {"smtp.min_data_bytes_per_second", [](S s) -> T { return &s.smtp.min_data_bytes_per_second; }, Unit::bytes,
     "Slowest sender that is listened to, as an average.", ""},
    {"imap.max_line_bytes", [](S s) -> T { return &s.imap.max_line_bytes; }, Unit::bytes, "Longest command line.", ""},
    {"imap.max_literal_bytes", [](S s) -> T { return &s.imap.max_literal_bytes; }, Unit::bytes,
     "Longest literal outside APPEND.", ""},
    {"imap.idle_timeout_seconds", [](S s) -> T { return &s.imap.idle_timeout_seconds; }, Unit::seconds,
     "Silence after which a session is closed; RFC 3501 5.4 asks for 1800 at least.", ""},
    {"imap.max_errors", [](S s) -> T { return &s.imap.max_errors; }, Unit::count,
     "Wrong commands in a session before it is closed.", ""},
    {"imap.max_connections_per_user", [](S s) -> T { return &s.imap.max_connections_per_user; }, Unit::count,
     "Sessions of one user.", ""},
    {"imap.max_connections_per_user_and_client", [](S s) -> T { return &s.imap.max_connections_per_user_and_client; },
     Unit::count, "Sessions of one user from one address.", ""},
    {"pop3.idle_timeout_seconds", [](S s) -> T { return &s.pop3.idle_timeout_seconds; }, Unit::seconds,
     "Silence after which a session is closed; RFC 1939 3 asks for 600 at least.", ""},
    {"pop3.max_errors", [](S s) -> T { return &s.pop3.max_errors; }, Unit::count,
     "Wrong commands in a session before it is closed.", ""},
    {"front.max_connections", [](S s) -> T { return &s.front.max_connections; }, Unit::count,
     "IMAP and POP3 connections in all frontd processes.", ""},
    {"front.max_connections_per_client", [](S s) -> T { return &s.front.max_connections_per_client; }, Unit::count,
     "IMAP and POP3 connections of one IPv4 address or IPv6 /64.", ""},
    {"front.login_timeout_seconds", [](S s) -> T { return &s.front.login_timeout_seconds; }, Unit::seconds,
     "Longest time until the login has succeeded.", ""},
    {"front.max_errors", [](S s) -> T { return &s.front.max_errors; }, Unit::count,
     "Wrong commands or passwords before the connection is closed.", ""},
    {"relay.routes", [](S s) -> T { return &s.relay.routes; }, Unit::none,
     "Hosts for single domains instead of their MX.", "{ \"partner.example\" = \"10.0.0.25:25\" }"},
    {"relay.smart_host", [](S s) -> T { return &s.relay.smart_host; }, Unit::none,
     "Host and port that take all mail without a route; empty means to ask the DNS.", "smtp.provider.example:25"},
    {"relay.port", [](S s) -> T { return &s.relay.port; }, Unit::none, "Port of other hosts' SMTP.", ""},
    {"relay.dns_forwarders", [](S s) -> T { return &s.relay.dns_forwarders; }, Unit::none,
     "Name servers to ask; empty means to resolve from the root.", "[\"127.0.0.1\"]"},
    {"relay.source_address", [](S s) -> T { return &s.relay.source_address; }, Unit::none,
     "Address that outgoing connections come from; empty means the kernel chooses.", ""},
    {"relay.connect_timeout_seconds", [](S s) -> T { return &s.relay.connect_timeout_seconds; }, Unit::seconds,
     "Longest wait for a connection.", ""},
    {"relay.command_timeout_seconds", [](S s) -> T { return &s.relay.command_timeout_seconds; }, Unit::seconds,
     "Longest wait for a reply (RFC 5321 4.5.3.2).", ""},
    {"relay.max_connections_per_destination", [](S s) -> T { return &s.relay.max_connections_per_destination; },
     Unit::count, "Connections to one host at a time.", ""},
});

constexpr auto partition_settings = std::to_array<PartitionSetting>({
    {"path", [](Partition& p) { return &p.path; }, "Directory of the partition; it has to hold partition.toml.",
     "/var/mail/default"},
    {"index_directory", [](Partition& p) { return &p.index_directory; },
     "Local directory for the index, which may be deleted at any time.", "/var/lib/mailtree/index"},
});

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

template <typename List>
std::string list_text(const List& list) {
  std::string result = "[";
  for (const auto& item : list) {
    if (result.size() > 1) result += ", ";
    if constexpr (requires { item.text(); }) {
      result += quoted(item.text());
    } else {
      result += quoted(item);
    }
  }
  return result + "]";
}

}  // namespace

std::span<const Setting> declared_settings() {
  return settings;
}
std::span<const PartitionSetting> declared_partition_settings() {
  return partition_settings;
}

std::string_view type_name(const Target& target) {
  constexpr std::array<std::string_view, 7> names = {"a text",
                                                     "a whole number, 0 or more",
                                                     "true or false",
                                                     "a list of texts",
                                                     "a list of \"address:port\"",
                                                     "a list of networks like \"192.0.2.0/24\"",
                                                     "a table of domain = \"host:port\""};
  return names.at(target.index());
}

std::string value_text(const Target& target) {
  struct Print {
    std::string operator()(const std::string* text) const { return quoted(*text); }
    std::string operator()(const std::uint64_t* number) const { return std::to_string(*number); }
    std::string operator()(const bool* truth) const { return *truth ? "true" : "false"; }
    std::string operator()(const std::vector<std::string>* list) const { return list_text(*list); }
    std::string operator()(const std::vector<Endpoint>* list) const { return list_text(*list); }
    std::string operator()(const std::vector<Network>* list) const { return list_text(*list); }
    std::string operator()(const std::map<std::string, Endpoint>* routes) const {
      std::string result;
      for (const auto& [domain, endpoint] : *routes) {
        result += (result.empty() ? " " : ", ") + quoted(domain) + " = " + quoted(endpoint.text());
      }
      return result.empty() ? "{}" : "{" + result + " }";
    }
  };
  return std::visit(Print{}, target);
}

std::string_view unit_name(Unit unit) {
  constexpr std::array<std::string_view, 7> names = {"", "bytes", "seconds", "count", "path", "address", "domain"};
  return names.at(static_cast<std::size_t>(unit));
}

}  // namespace mailtree::config
