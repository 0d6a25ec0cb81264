// SPDX-License-Identifier: Apache-2.0
// What ldapauthd has to be told. Filled from the settings by the program, by hand in tests.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "config/endpoint.h"

namespace mailtree::config {
struct Settings;
}

namespace mailtree::ldapauth {

struct DirectoryOptions {
  std::vector<std::string> uris;  // tried in order; the next one after a failure
  std::string bind_dn;            // service account; empty = anonymous
  std::string password_file;      // first line; read at each connect, so that it can be changed while running
  std::string base_dn;            // everything is searched beneath it
  bool start_tls = false;
  std::string ca_file;
  std::chrono::milliseconds search_timeout{5000};  // of one question, all its searches together
  std::chrono::milliseconds bind_timeout{5000};    // of one password check
  std::size_t bind_connections = 4;
  std::size_t search_window = 64;  // slapd closes a connection with more than 100 pending operations
};

struct CacheOptions {
  std::size_t max_entries = 100'000;
  // While changes are subscribed to, an answer is kept until it changes, at most this long.
  std::chrono::milliseconds subscribed_ttl{300'000};
  // Without the subscription nothing is older than this, "no such entry" included.
  std::chrono::milliseconds unsubscribed_ttl{900};
  std::chrono::milliseconds password_ttl{300'000};
  bool subscribe = true;
};

struct ThrottleOptions {
  std::chrono::milliseconds first_delay{2000};  // after a failed login; doubles
  std::chrono::milliseconds max_delay{15'000};
  std::vector<config::Network> exempt_networks;
};

struct Options {
  DirectoryOptions directory;
  CacheOptions cache;
  ThrottleOptions throttle;
  std::string host_name;                // ours; mailHost and mailRoutingHosts are compared with it
  std::vector<std::string> host_names;  // further names of ours
  std::string postmaster;               // takes bare <postmaster> and postmaster@domain without an entry of its own
  std::string default_domain;           // of logins without '@'
  std::vector<std::string> mechanisms{"PLAIN", "LOGIN"};
  std::vector<config::Network> plaintext_networks;  // passwords without TLS are fine from there
};

Options options_from(const config::Settings& settings);

}  // namespace mailtree::ldapauth
