// SPDX-License-Identifier: Apache-2.0
// An import that goes into a directory by LDAP. What is there already is compared, and replaced only if asked for.
#pragma once

#include <ldap.h>

#include <memory>
#include <optional>
#include <string>

#include "migration/schema_table.h"
#include "migration/target.h"

namespace mailtree::migration {

struct LdapOptions {
  std::string uri;      // ldap:, ldaps: or ldapi:
  std::string bind_dn;  // "" = anonymous, by ldapi: as the user of this process (EXTERNAL)
  std::string password;
  bool start_tls = false;
  std::string ca_file;   // "" = the system's
  bool replace = false;  // entries that differ get the values of the export
  bool dry_run = false;  // read only
};

class LdapTarget : public Target {
 public:
  // Connects and binds. Every wait for the server is bounded by a minute. Blocking, as all of this class.
  static Result<std::unique_ptr<LdapTarget>> open(LdapOptions options);

  // What the server knows, which need not be what schema/ holds.
  Result<SchemaTable> read_schema();
  // The table that values are compared by; outlives this.
  void use_schema(const SchemaTable& schema) { schema_ = &schema; }

  Result<Landing> put(const Entry& entry) override;
  [[nodiscard]] bool has_entries() const override { return true; }

 private:
  struct Unbind {
    void operator()(LDAP* handle) const { ldap_unbind_ext(handle, nullptr, nullptr); }
  };
  using Handle = std::unique_ptr<LDAP, Unbind>;

  LdapTarget(Handle handle, LdapOptions options) : ldap_(std::move(handle)), options_(std::move(options)) {}
  [[nodiscard]] Error failure(const char* step, int code) const;
  Result<void> bind();
  Result<std::optional<Entry>> read(const std::string& dn, const char* attribute);
  Result<Landing> compare(const Entry& entry, const Entry& there);
  Result<Landing> replace(const Entry& entry, const Entry& there, const std::string& differences);

  Handle ldap_;
  LdapOptions options_;
  const SchemaTable* schema_ = nullptr;
};

}  // namespace mailtree::migration
