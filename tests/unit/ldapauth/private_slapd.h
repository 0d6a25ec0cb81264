// SPDX-License-Identifier: Apache-2.0
// A real slapd for one test program, started by schema/private-slapd in a folder of its own and stopped at the end.
#pragma once

#include <array>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace mailtree::test {

// Standard output of a shell command; throws when it fails.
inline std::string shell(const std::string& command) {
  FILE* const pipe = popen(command.c_str(), "re");
  std::string output;
  std::array<char, 4096> part{};
  std::size_t length = 0;
  while (pipe != nullptr && (length = fread(part.data(), 1, part.size(), pipe)) > 0) output.append(part.data(), length);
  if (pipe == nullptr || pclose(pipe) != 0) throw std::runtime_error(command);
  return output;
}

class PrivateSlapd {
 public:
  PrivateSlapd() {
    char name[] = "/tmp/mailtree-slapd.XXXXXX";
    folder_ = mkdtemp(name);
    start();
  }
  ~PrivateSlapd() {
    const std::string command = script() + " stop " + folder_ + " && rm -rf " + folder_;
    if (std::system(command.c_str()) != 0) std::fputs((command + " failed\n").c_str(), stderr);
  }
  PrivateSlapd(const PrivateSlapd&) = delete;
  PrivateSlapd& operator=(const PrivateSlapd&) = delete;

  void start() {
    facts_ = shell(script() + " start " + folder_ + " --port " + (port_.empty() ? "0" : port_));
    const std::string uri = fact("uri");
    port_ = uri.substr(uri.rfind(':') + 1);
    port_.pop_back();
  }
  void stop() { shell(script() + " stop " + folder_); }
  void send(const char* signal) { shell(std::string("kill -") + signal + " $(cat " + folder_ + "/slapd.pid)"); }

  // A value of the JSON line that private-slapd prints.
  [[nodiscard]] std::string fact(const std::string& name) const {
    const std::size_t at = facts_.find('"' + name + "\": \"");
    const std::size_t begin = at + name.size() + 5;
    return at == std::string::npos ? "" : facts_.substr(begin, facts_.find('"', begin) - begin);
  }
  // Applies LDIF as the administrator; entries without changetype are added.
  void modify(const std::string& ldif) {
    const std::string file = folder_ + "/change.ldif";
    FILE* const out = fopen(file.c_str(), "we");
    fputs(ldif.c_str(), out);
    fclose(out);
    shell("ldapmodify -a -x -H " + fact("ldapi") + " -D " + fact("admin_dn") + " -w " + fact("admin_password") +
          " -f " + file + " >/dev/null");
  }

 private:
  static std::string script() { return std::string(MAILTREE_SOURCE) + "/schema/private-slapd"; }
  std::string folder_, facts_, port_;
};

}  // namespace mailtree::test
