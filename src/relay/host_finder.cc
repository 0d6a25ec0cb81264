// SPDX-License-Identifier: Apache-2.0
// MX, then addresses. See host_finder.h.
#include "relay/host_finder.h"

#include <algorithm>
#include <cstring>

#include "config/settings.h"
#include "net/digest.h"

namespace mailtree::relay {
namespace {

using loop::Deadline;
using loop::Task;
using Outcome = net::DnsAnswer::Outcome;

constexpr std::uint16_t standard_port = 25;

std::uint32_t random32() {
  std::uint32_t value = 0;
  const std::string octets = net::random_octets(sizeof value);
  std::memcpy(&value, octets.data(), sizeof value);
  return value;
}

NoHost loops_back() { return {true, "5.4.6", "554 5.4.6 Mail for this domain loops back to this host"}; }

}  // namespace

Task<Found> HostFinder::find(Route route, Deadline deadline) {
  std::vector<std::string> names;
  std::vector<Candidate> candidates;
  if (route.kind == Route::Kind::mx) {
    Found found = co_await find_mx(std::move(route), deadline);
    co_return std::move(found);
  }
  if (route.kind == Route::Kind::host) {
    names.push_back(route.host);
    Found found = co_await find_hosts(std::move(names), std::move(route), false, deadline);
    co_return std::move(found);
  }
  if (!route.chosen) {  // an address literal of a sender's choice
    if (is_own_listener(settings_, route.host, route.port)) co_return Found(loops_back());
    const bool local = is_loopback(route.host) && route.port == standard_port;
    if (is_unusable(route.host) || local) co_return Found(NoHost{true, "5.4.4", "No mail goes to this address"});
  }
  candidates.push_back(Candidate{route.host, route.host, route.port});
  co_return Found(std::move(candidates));
}

Task<Found> HostFinder::find_mx(Route route, Deadline deadline) {
  net::DnsAnswer answer;
  answer = co_await resolver_.resolve(route.host, net::RecordType::mx, deadline);
  if (answer.outcome == Outcome::unknown) {
    co_return Found(NoHost{false, "4.4.3", "DNS gives no answer for " + route.host});
  }
  if (answer.outcome == Outcome::no_name) {
    co_return Found(NoHost{true, "5.1.2", "There is no domain " + route.host});
  }
  std::vector<std::string> names;
  bool self = false;
  if (answer.outcome == Outcome::no_records) {
    names.push_back(route.host);  // the implicit MX
  } else {
    MxChoice choice = order_mx(std::move(answer.mx), settings_.host_name, random32());
    if (choice.null_mx) co_return Found(NoHost{true, "5.1.10", "556 5.1.10 The domain takes no mail (null MX)"});
    self = choice.self;
    names = std::move(choice.hosts);
  }
  Found found = co_await find_hosts(std::move(names), std::move(route), self, deadline);
  co_return std::move(found);
}

Task<Found> HostFinder::find_hosts(std::vector<std::string> names, Route route, bool self, Deadline deadline) {
  std::vector<Candidate> candidates;
  bool doubtful = false;
  if (names.size() > max_mx_hosts) names.resize(max_mx_hosts);
  for (const std::string& name : names) {
    if (candidates.size() >= max_candidates) break;
    bool own = false;
    const bool certain = co_await add_addresses(name, route, candidates, own, deadline);
    if (!certain) doubtful = true;
    if (own) {  // it and all less preferred ones are no way forward (RFC 5321 section 5.1)
      self = true;
      break;
    }
  }
  if (!candidates.empty()) co_return Found(std::move(candidates));
  if (doubtful) co_return Found(NoHost{false, "4.4.3", "DNS gives no address for " + route.host + " now"});
  if (self) co_return Found(loops_back());
  co_return Found(NoHost{true, "5.4.4", "No host takes mail for " + route.host});
}

Task<bool> HostFinder::add_addresses(std::string name, const Route& route, std::vector<Candidate>& found, bool& self,
                                     Deadline deadline) {
  const net::DnsAnswer v4 = co_await resolver_.resolve(name, net::RecordType::a, deadline);
  const net::DnsAnswer v6 = co_await resolver_.resolve(name, net::RecordType::aaaa, deadline);
  std::vector<std::string> addresses = v4.texts;
  addresses.insert(addresses.end(), v6.texts.begin(), v6.texts.end());
  for (const std::string& address : addresses) {
    if (found.size() >= max_candidates) break;
    if (!route.chosen) {
      if (is_own_listener(settings_, address, route.port)) {
        self = true;
        break;
      }
      // A laboratory with another port may keep its hosts on this machine.
      if (is_unusable(address) || (is_loopback(address) && route.port == standard_port)) continue;
    }
    found.push_back(Candidate{name, address, route.port});
  }
  co_return v4.outcome != Outcome::unknown && v6.outcome != Outcome::unknown;
}

}  // namespace mailtree::relay
