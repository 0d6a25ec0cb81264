// SPDX-License-Identifier: Apache-2.0
// What all sessions of a process share. Outlives them.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"

namespace mailtree::config {
struct Settings;
}
namespace mailtree::loop {
class Loop;
class TaskGroup;
}  // namespace mailtree::loop
namespace mailtree::net {
class TlsStore;
}

namespace mailtree::smtp {

class Backends;

struct Services {
  loop::Loop& loop;
  loop::TaskGroup& tasks;  // sessions and their farewells
  const config::Settings& settings;
  Backends& backends;
  const net::TlsStore* tls = nullptr;  // null: no TLS offered
  const Clock& clock;
  std::string host_name;
};

}  // namespace mailtree::smtp
