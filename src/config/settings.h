// SPDX-License-Identifier: Apache-2.0
// Everything an operator can set, as plain values with their defaults. The names, units and help texts of the file
// stand in declaration.cc, one line a setting; the defaults are those of the members here, and only here.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "config/endpoint.h"

namespace mailtree::config {

// Uids by daemon, as names or numbers; empty = stay who we are. Used only when started as root. The group is the
// user's own, or the same number.
struct Users {
  std::string net;    // frontd, smtpd
  std::string dir;    // ldapauthd
  std::string store;  // stored, imapd, pop3d
  std::string queue;  // queued
  std::string relay;  // relayd
};

struct Directory {
  std::vector<std::string> uris = {"ldap://127.0.0.1:389"};
  std::string bind_dn;
  std::string password_file;  // first line is the password; empty with an empty bind_dn = anonymous
  std::string base_dn;
  bool start_tls = false;
  std::string ca_file;
  std::vector<std::string> mechanisms = {"PLAIN", "LOGIN"};
  std::string image_directory = "/var/lib/mailtree/directory";
  std::uint64_t search_timeout_seconds = 5;
  std::uint64_t bind_timeout_seconds = 5;
  std::uint64_t bind_connections = 4;
  std::uint64_t search_window = 64;
  std::uint64_t password_cache_seconds = 300;
  std::uint64_t entry_cache_seconds = 300;
  std::uint64_t login_failure_delay_seconds = 2;
  std::uint64_t login_failure_delay_max_seconds = 15;
};

struct Partition {
  std::string name;
  std::string path;
  std::string index_directory;
};

struct Queue {
  std::string directory = "/var/spool/mailtree";
  std::uint64_t retry_first_seconds = 300;
  std::uint64_t retry_max_seconds = 4 * 3600;
  std::uint64_t lifetime_seconds = 5 * 24 * 3600;
  std::uint64_t warn_after_seconds = 4 * 3600;
  std::uint64_t max_messages = 20000;
  std::uint64_t max_recipients = 100000;
  std::uint64_t expansion_max_results = 1000;
  std::uint64_t expansion_max_depth = 10;
};

struct Listeners {
  std::vector<Endpoint> smtp, submission, submissions, lmtp, imap, imaps, pop3, pop3s;
};

struct Tls {
  std::string certificate;  // PEM chain; empty = no TLS offered
  std::string key;
};

struct Store {
  std::uint64_t quota_grace_seconds = 120 * 3600;
  std::uint64_t quota_warning_percent = 90;
  std::uint64_t flags_in_names_seconds = 20;
};

struct Smtp {
  std::uint64_t max_message_bytes = 50ULL << 20;
  std::uint64_t max_header_bytes = 256ULL << 10;
  std::uint64_t max_recipients = 1000;
  std::uint64_t max_submission_recipients = 500;
  std::uint64_t max_received_headers = 50;
  std::uint64_t max_errors = 10;
  std::uint64_t max_connections = 10000;
  std::uint64_t max_connections_per_client = 50;
  std::uint64_t greeting_timeout_seconds = 60;
  std::uint64_t command_timeout_seconds = 180;
  std::uint64_t min_data_bytes_per_second = 500;
};

struct Imap {
  std::uint64_t max_line_bytes = 64ULL << 10;
  std::uint64_t max_literal_bytes = 64ULL << 10;
  std::uint64_t idle_timeout_seconds = 30 * 60;
  std::uint64_t max_errors = 20;
  std::uint64_t max_connections_per_user = 100;
  std::uint64_t max_connections_per_user_and_client = 20;
};

struct Pop3 {
  std::uint64_t idle_timeout_seconds = 600;
  std::uint64_t max_errors = 20;
};

struct Front {
  std::uint64_t max_connections = 40000;
  std::uint64_t max_connections_per_client = 200;
  std::uint64_t login_timeout_seconds = 180;
  std::uint64_t max_errors = 3;
};

struct Relay {
  std::map<std::string, Endpoint> routes;  // domain (lower case) -> host:port, instead of its MX
  std::string smart_host;                  // "host:port" for everything without a route; empty = MX
  std::uint64_t port = 25;
  std::vector<std::string> dns_forwarders;  // empty = resolve from the root
  std::string source_address;
  std::uint64_t connect_timeout_seconds = 30;
  std::uint64_t command_timeout_seconds = 300;
  std::uint64_t max_connections_per_destination = 20;
};

struct Settings {
  std::string host_name;  // empty in the file = the machine's own full name
  std::string run_directory = "/run/mailtree";
  std::string postmaster;
  std::string default_domain;
  std::string log_level = "info";
  std::uint64_t workers = 0;  // of frontd, smtpd, imapd, relayd each; 0 = by cores
  std::vector<Network> plaintext_login_networks;
  std::vector<Network> limit_exempt_networks;
  Users users;
  Directory directory;
  std::vector<Partition> partitions;  // in the order of the file; the first, or "default", takes new accounts
  Queue queue;
  Listeners listeners;
  Tls tls;
  Store store;
  Smtp smtp;
  Imap imap;
  Pop3 pop3;
  Front front;
  Relay relay;

  [[nodiscard]] std::string socket(const std::string& name) const { return run_directory + "/" + name; }
  [[nodiscard]] const Partition* partition(const std::string& name) const;  // "" = the default; nullptr = unknown
};

}  // namespace mailtree::config
