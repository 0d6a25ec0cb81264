// SPDX-License-Identifier: Apache-2.0
#include "ldapauth/daemon/options.h"

#include <algorithm>

#include "config/settings.h"

namespace mailtree::ldapauth {

Options options_from(const config::Settings& settings) {
  const config::Directory& from = settings.directory;
  Options options;
  options.directory.uris = from.uris;
  options.directory.bind_dn = from.bind_dn;
  options.directory.password_file = from.password_file;
  options.directory.base_dn = from.base_dn;
  options.directory.start_tls = from.start_tls;
  options.directory.ca_file = from.ca_file;
  options.directory.search_timeout = std::chrono::seconds(from.search_timeout_seconds);
  options.directory.bind_timeout = std::chrono::seconds(from.bind_timeout_seconds);
  options.directory.bind_connections = std::max<std::size_t>(1, from.bind_connections);
  options.directory.search_window = std::clamp<std::size_t>(from.search_window, 1, 64);
  options.cache.subscribed_ttl = std::chrono::seconds(from.entry_cache_seconds);
  options.cache.password_ttl = std::chrono::seconds(from.password_cache_seconds);
  options.throttle.first_delay = std::chrono::seconds(from.login_failure_delay_seconds);
  options.throttle.max_delay = std::chrono::seconds(from.login_failure_delay_max_seconds);
  options.throttle.exempt_networks = settings.limit_exempt_networks;
  options.host_name = settings.host_name;
  options.postmaster = settings.postmaster;
  options.default_domain = settings.default_domain;
  options.mechanisms = from.mechanisms;
  options.plaintext_networks = settings.plaintext_login_networks;
  return options;
}

}  // namespace mailtree::ldapauth
