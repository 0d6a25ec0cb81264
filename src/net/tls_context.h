// SPDX-License-Identifier: Apache-2.0
// TLS by OpenSSL over any Stream, through a custom BIO: no buffers of its own per session, 14 KiB for an idle one.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "loop/task.h"
#include "net/stream.h"

struct ssl_ctx_st;

namespace mailtree::net {

// Certificate and key of a server, or the trust settings of a client. Immutable: a reload makes a new one, running
// sessions keep theirs.
class TlsContext {
 public:
  // PEM files; the chain may follow the certificate. TLS 1.2 and later, no renegotiation, no early data.
  static Result<std::shared_ptr<TlsContext>> server(const std::string& certificate_file, const std::string& key_file);
  // verify: against the system's trust store and the name given at connect(); otherwise opportunistic.
  static Result<std::shared_ptr<TlsContext>> client(bool verify);

  explicit TlsContext(ssl_ctx_st* context) : context_(context) {}
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  [[nodiscard]] ssl_ctx_st* raw() const { return context_; }

 private:
  ssl_ctx_st* context_;
};

// Holds the current server context; reload() validates the files first and keeps the old context on error.
class TlsStore {
 public:
  TlsStore(std::string certificate_file, std::string key_file);
  Result<void> reload();
  [[nodiscard]] std::shared_ptr<TlsContext> current() const { return current_; }  // null before the first reload()

 private:
  std::string certificate_file_, key_file_;
  std::shared_ptr<TlsContext> current_;
};

// Handshake as server or client, then the encrypted stream in place of `inner`. For STARTTLS: `inner->input()` must be
// empty, else Error{protocol} (nothing sent in clear may count as sent inside).
Task<Result<std::unique_ptr<Stream>>> accept_tls(std::unique_ptr<Stream> inner, std::shared_ptr<TlsContext> context,
                                                 bool after_starttls, Deadline deadline);
Task<Result<std::unique_ptr<Stream>>> connect_tls(std::unique_ptr<Stream> inner, std::shared_ptr<TlsContext> context,
                                                  std::string server_name, Deadline deadline);

}  // namespace mailtree::net
