// SPDX-License-Identifier: Apache-2.0
#include "net/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <utility>

namespace mailtree::net {
namespace {

std::string last_error() {
  char text[256] = "unknown TLS error";
  const unsigned long code = ERR_get_error();
  if (code != 0) ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return text;
}

// Names we speak under ALPN (RFC 7301; registered: imap, pop3; smtp is not, clients offer none). A client that offers
// only others speaks another protocol to us: refuse (ALPACA, T04).
int select_protocol(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* offered,
                    unsigned length, void*) {
  static constexpr unsigned char ours[] = "\4imap\4pop3\4smtp\12submission";
  const int chosen =
      SSL_select_next_proto(const_cast<unsigned char**>(out), out_length, ours, sizeof ours - 1, offered, length);
  return chosen == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

void set_common(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  // RELEASE_BUFFERS is what makes an idle session cost 14 KiB instead of 46.
  SSL_CTX_set_mode(context,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

}  // namespace

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
}

Result<std::shared_ptr<TlsContext>> TlsContext::server(const std::string& certificate_file,
                                                       const std::string& key_file) {
  ERR_clear_error();
  auto context = std::make_shared<TlsContext>(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* raw = context->raw();
  if (raw == nullptr) return Error::temporary(Condition::unavailable, last_error());
  set_common(raw);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);  // tickets only: no memory per past session
  SSL_CTX_set_max_early_data(raw, 0);
  SSL_CTX_set_cipher_list(raw, "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20");
  SSL_CTX_set_alpn_select_cb(raw, select_protocol, nullptr);
  static constexpr unsigned char id[] = "mailtree";
  SSL_CTX_set_session_id_context(raw, id, sizeof id - 1);
  if (SSL_CTX_use_certificate_chain_file(raw, certificate_file.c_str()) != 1)
    return Error::temporary(Condition::unavailable, "certificate " + certificate_file + ": " + last_error());
  if (SSL_CTX_use_PrivateKey_file(raw, key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    return Error::temporary(Condition::unavailable, "key " + key_file + ": " + last_error());
  if (SSL_CTX_check_private_key(raw) != 1)
    return Error::temporary(Condition::unavailable, "key " + key_file + " does not fit " + certificate_file);
  return context;
}

Result<std::shared_ptr<TlsContext>> TlsContext::client(bool verify) {
  ERR_clear_error();
  auto context = std::make_shared<TlsContext>(SSL_CTX_new(TLS_client_method()));
  if (context->raw() == nullptr) return Error::temporary(Condition::unavailable, last_error());
  set_common(context->raw());
  if (verify) {
    SSL_CTX_set_default_verify_paths(context->raw());
    SSL_CTX_set_verify(context->raw(), SSL_VERIFY_PEER, nullptr);
  }
  return context;
}

TlsStore::TlsStore(std::string certificate_file, std::string key_file)
    : certificate_file_(std::move(certificate_file)), key_file_(std::move(key_file)) {}

Result<void> TlsStore::reload() {
  auto context = TlsContext::server(certificate_file_, key_file_);
  if (!context) return context.error();
  current_ = std::move(*context);
  return {};
}

}  // namespace mailtree::net
