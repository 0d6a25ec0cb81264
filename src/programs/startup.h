// SPDX-License-Identifier: Apache-2.0
// Steps of a start that mailtreed and the daemons share: sockets by environment, directories, limits, log level.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "loop/sandbox.h"
#include "programs/bootstrap.h"
#include "programs/daemon_table.h"

namespace mailtree::programs {

constexpr int exit_usage = 64;   // sysexits.h
constexpr int exit_config = 78;

// "name=fd,name=fd": the sockets a parent passes. Read once, then removed from the environment.
constexpr const char* listeners_variable = "MAILTREE_LISTENERS";
constexpr const char* ready_variable = "MAILTREE_READY";    // descriptor that takes one octet when it serves
constexpr const char* parent_variable = "MAILTREE_PARENT";  // its process id, to notice that it has gone

UniqueFd take_ready_pipe();
Result<std::vector<Listener>> parse_listeners(std::string_view text);

// Opens what `daemon` serves: its TCP ports and its Unix socket. Each failure names the address and what to do.
Result<std::vector<Listener>> open_listeners(const config::Settings& settings, const DaemonLine& daemon,
                                             const std::string& instance);
Result<UniqueFd> open_tcp(const std::string& name, const config::Endpoint& endpoint);
Result<UniqueFd> open_socket(const config::Settings& settings, const std::string& name);

// Makes `path` and what is missing above it; the last part with `mode` and, if `owner` is set, that owner.
Result<void> make_directory(const std::string& path, unsigned mode, const loop::User* owner);
// The directories of `daemon`, for `owner` if set. mailtreed makes those of all before it starts the first: a sandbox
// knows only what is there when its process enters it, and one daemon may read what another owns.
Result<void> make_directories(const config::Settings& settings, const DaemonLine& daemon, const std::string& instance,
                              const loop::User* owner);

std::string program_directory();  // where this program lies; its siblings are beside it
void raise_descriptor_limit();  // soft limit of RLIMIT_NOFILE to the hard one
void apply_log_level(const std::string& name);
void log_lines(const Error& error);  // config.file.refused, one event per mistake

}  // namespace mailtree::programs
