// SPDX-License-Identifier: Apache-2.0
// From a route to addresses that can be connected to, in the order they are to be tried (RFC 5321 section 5.1), or the
// reason why there are none. What DNS does not say for certain is temporary.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "loop/task.h"
#include "net/resolver.h"
#include "relay/route.h"

namespace mailtree::relay {

struct Candidate {
  std::string name;  // as to be shown and sent as SNI; the address if there is no name
  std::string address;
  std::uint16_t port = 25;
};

struct NoHost {
  bool permanent = false;
  std::string status;  // RFC 3463
  std::string reply;
};

using Found = std::variant<std::vector<Candidate>, NoHost>;

constexpr std::size_t max_mx_hosts = 10;     // looked up, best first
constexpr std::size_t max_candidates = 5;    // R05: at most 5 addresses a try

class HostFinder {
 public:
  HostFinder(net::Resolver& resolver, const config::Settings& settings) : resolver_(resolver), settings_(settings) {}
  loop::Task<Found> find(Route route, loop::Deadline deadline);

 private:
  loop::Task<Found> find_mx(Route route, loop::Deadline deadline);
  loop::Task<Found> find_hosts(std::vector<std::string> names, Route route, bool self, loop::Deadline deadline);
  // Adds the addresses of `name`. False: DNS could not say whether there are any.
  loop::Task<bool> add_addresses(std::string name, const Route& route, std::vector<Candidate>& found, bool& self,
                                 loop::Deadline deadline);

  net::Resolver& resolver_;
  const config::Settings& settings_;
};

}  // namespace mailtree::relay
