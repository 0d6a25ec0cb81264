// SPDX-License-Identifier: Apache-2.0
// Where a message goes next: a fixed route of the settings or of the request, else the MX hosts of the domain. Pure:
// the looking up is in host_finder.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/resolver.h"

namespace mailtree::config {
struct Settings;
}

namespace mailtree::relay {

struct Route {
  enum class Kind : std::uint8_t {
    mx,    // the domain `host`: MX, else its addresses
    host,  // the name `host`: its addresses
    address,  // the numeric address `host`
  };
  Kind kind = Kind::mx;
  bool lmtp = false;
  bool chosen = false;  // by an operator: may be this host itself
  std::string host;
  std::uint16_t port = 25;
};

// `fixed` ("host", "host:port", "[address]:port", with "lmtp:" before it), if not empty; else relay.routes, else
// relay.smart_host, else by MX. Nothing: malformed.
std::optional<Route> route_for(const config::Settings& settings, std::string_view fixed, std::string_view domain);

// RFC 5321 section 5.1: by preference, equal ones shuffled by `random`; those from our own name on are left out, and
// `self` is set if that was the reason. Empty names (RFC 7505) are left out as well.
struct MxChoice {
  std::vector<std::string> hosts;
  bool null_mx = false;  // one record, and it says that the domain takes no mail
  bool self = false;
};
MxChoice order_mx(std::vector<net::MxRecord> records, std::string_view own_name, std::uint32_t random);

// Not an address that mail from DNS may go to: unspecified, loopback, multicast (R04).
bool is_unusable(std::string_view address);
bool is_loopback(std::string_view address);

// Does this host listen for mail there?
bool is_own_listener(const config::Settings& settings, std::string_view address, std::uint16_t port);

}  // namespace mailtree::relay
