// SPDX-License-Identifier: Apache-2.0
// The encrypted side of tls_context.h. The BIO reads straight from the inner stream's input() and collects output in
// a string that is written after each SSL call, so that no buffer stays with an idle session.
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "net/channel_binding.h"
#include "net/tls_context.h"

namespace mailtree::net {
namespace {

constexpr std::size_t read_ahead_bytes = 128 * 1024;  // decrypted and not consumed
constexpr std::size_t record_bytes = 16 * 1024;
constexpr std::size_t write_piece_bytes = 64 * 1024;  // encrypted between two writes to the socket

struct Ends {
  std::string* in = nullptr;  // inner->input()
  std::string out;
};

int bio_write(BIO* bio, const char* data, int size) {
  static_cast<Ends*>(BIO_get_data(bio))->out.append(data, static_cast<std::size_t>(size));
  return size;
}

int bio_read(BIO* bio, char* data, int size) {
  BIO_clear_retry_flags(bio);
  std::string& in = *static_cast<Ends*>(BIO_get_data(bio))->in;
  if (in.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t count = std::min(in.size(), static_cast<std::size_t>(size));
  std::memcpy(data, in.data(), count);
  if (count == in.size())
    std::string().swap(in);
  else
    in.erase(0, count);
  return static_cast<int>(count);
}

long bio_control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

int bio_create(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

BIO_METHOD* stream_bio() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
    BIO_meth_set_write(made, bio_write);
    BIO_meth_set_read(made, bio_read);
    BIO_meth_set_ctrl(made, bio_control);
    BIO_meth_set_create(made, bio_create);
    return made;
  }();
  return method;
}

class TlsStream final : public Stream {
 public:
  TlsStream(std::unique_ptr<Stream> inner, std::shared_ptr<TlsContext> context)
      : inner_(std::move(inner)), context_(std::move(context)), ssl_(SSL_new(context_->raw())) {
    ends_.in = &inner_->input();
    BIO* bio = BIO_new(stream_bio());
    BIO_set_data(bio, &ends_);
    SSL_set_bio(ssl_, bio, bio);
    facts_ = inner_->facts();
  }
  ~TlsStream() override { SSL_free(ssl_); }

  Task<Result<void>> handshake(bool server, std::string server_name, Deadline deadline);
  std::string& input() override { return input_; }
  Task<Result<std::size_t>> fill(Deadline deadline) override;
  Task<Result<void>> write(std::string_view bytes, Deadline deadline) override;
  Task<Result<void>> shut(Deadline deadline) override;
  void cancel(const Error& error) override { inner_->cancel(error); }
  bool peer_closed() const override { return ended_ || inner_->peer_closed(); }
  const PeerFacts& facts() const override { return facts_; }
  ChannelBinding binding() const;

 private:
  Task<Result<void>> flush(Deadline deadline);
  Error failed(const char* what) const;

  std::unique_ptr<Stream> inner_;
  std::shared_ptr<TlsContext> context_;
  SSL* ssl_;
  Ends ends_;
  std::string input_;
  PeerFacts facts_;
  bool ended_ = false;  // close_notify seen
};

ChannelBinding TlsStream::binding() const {
  std::array<unsigned char, 64> value{};
  std::size_t length = 0;
  std::string type;
  if (!facts_.tls) return {};
  if (SSL_version(ssl_) >= TLS1_3_VERSION) {
    constexpr std::string_view label = "EXPORTER-Channel-Binding";  // RFC 9266 section 2: no context, 32 octets
    constexpr std::size_t octets = 32;
    if (SSL_export_keying_material(ssl_, value.data(), octets, label.data(), label.size(), nullptr, 0, 0) == 1)
      length = octets;
    type = "tls-exporter";
  } else if (SSL_get_extms_support(ssl_) == 1) {
    // RFC 5929 section 3.1: the first Finished message; in a resumed session the server's comes first.
    const bool ours = (SSL_session_reused(ssl_) == 1) == (SSL_is_server(ssl_) == 1);
    length = ours ? SSL_get_finished(ssl_, value.data(), value.size())
                  : SSL_get_peer_finished(ssl_, value.data(), value.size());
    type = "tls-unique";
  }
  if (length == 0 || length > value.size()) return {};
  return {std::move(type), std::string(reinterpret_cast<const char*>(value.data()), length)};
}

Error TlsStream::failed(const char* what) const {
  char text[256] = "protocol error";
  const unsigned long code = ERR_get_error();
  if (code != 0) ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return Error::cancelled(Condition::closed, std::string(what) + ": " + text);
}

Task<Result<void>> TlsStream::flush(Deadline deadline) {
  std::string out = std::move(ends_.out);
  ends_.out.clear();
  if (out.empty()) co_return Result<void>();
  auto written = co_await inner_->write(out, deadline);
  co_return written;
}

Task<Result<void>> TlsStream::handshake(bool server, std::string server_name, Deadline deadline) {
  const int mode = server ? 1 : 0;
  if (mode == 1) {
    SSL_set_accept_state(ssl_);
  } else {
    SSL_set_connect_state(ssl_);
    if (!server_name.empty()) {
      SSL_set_tlsext_host_name(ssl_, server_name.c_str());
      SSL_set1_host(ssl_, server_name.c_str());
    }
  }
  for (;;) {
    ERR_clear_error();
    const int done = SSL_do_handshake(ssl_);
    const int reason = done == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl_, done);
    std::string why;
    if (reason != SSL_ERROR_NONE && reason != SSL_ERROR_WANT_READ) why = failed("TLS handshake").detail;
    const auto flushed = co_await flush(deadline);  // the alert of a failed handshake goes out too
    if (!why.empty()) co_return Error::cancelled(Condition::closed, why);
    if (!flushed) co_return flushed.error();
    if (reason == SSL_ERROR_NONE) break;
    const auto filled = co_await inner_->fill(deadline);
    if (!filled) co_return filled.error();
    if (*filled == 0) co_return Error::cancelled(Condition::closed, "end of stream in the TLS handshake");
  }
  facts_.tls = true;
  facts_.tls_version = SSL_get_version(ssl_);
  facts_.tls_cipher = SSL_get_cipher_name(ssl_);
  co_return Result<void>();
}

Task<Result<std::size_t>> TlsStream::fill(Deadline deadline) {
  const std::size_t before = input_.size();
  for (;;) {
    std::array<char, record_bytes> record;
    int reason = SSL_ERROR_NONE;
    while (!ended_ && input_.size() < before + read_ahead_bytes) {
      ERR_clear_error();
      const int got = SSL_read(ssl_, record.data(), static_cast<int>(record.size()));
      if (got <= 0) {
        reason = SSL_get_error(ssl_, got);
        break;
      }
      input_.append(record.data(), static_cast<std::size_t>(got));
    }
    if (reason == SSL_ERROR_ZERO_RETURN) ended_ = true;
    if (input_.size() > before) co_return input_.size();
    if (ended_) co_return std::size_t{0};
    if (reason != SSL_ERROR_WANT_READ) {
      const Error error = failed("TLS read");
      inner_->cancel(error);
      co_return error;
    }
    if (!ends_.out.empty()) {  // key update
      const auto flushed = co_await flush(deadline);
      if (!flushed) co_return flushed.error();
    }
    const auto filled = co_await inner_->fill(deadline);
    if (!filled) co_return filled.error();
    // RFC 8446 6.1: without close_notify what came may be cut short: never an orderly end (T08).
    if (*filled == 0) co_return Error::cancelled(Condition::closed, "connection closed without close_notify");
  }
}

Task<Result<void>> TlsStream::write(std::string_view bytes, Deadline deadline) {
  std::string_view rest = bytes;
  while (!rest.empty()) {
    while (!rest.empty() && ends_.out.size() < write_piece_bytes) {
      ERR_clear_error();
      const int piece = static_cast<int>(std::min(rest.size(), record_bytes));
      const int taken = SSL_write(ssl_, rest.data(), piece);
      if (taken <= 0) co_return failed("TLS write");
      rest.remove_prefix(static_cast<std::size_t>(taken));
    }
    const auto flushed = co_await flush(deadline);
    if (!flushed) co_return flushed.error();
  }
  co_return Result<void>();
}

Task<Result<void>> TlsStream::shut(Deadline deadline) {
  [[maybe_unused]] const int frame = 0;
  ERR_clear_error();
  SSL_shutdown(ssl_);
  const auto flushed = co_await flush(deadline);
  if (!flushed) co_return flushed.error();
  const auto shut = co_await inner_->shut(deadline);
  co_return shut;
}

}  // namespace

ChannelBinding channel_binding(const Stream& stream) {
  const auto* const encrypted = dynamic_cast<const TlsStream*>(&stream);
  return encrypted == nullptr ? ChannelBinding{} : encrypted->binding();
}

Task<Result<std::unique_ptr<Stream>>> accept_tls(std::unique_ptr<Stream> inner, std::shared_ptr<TlsContext> context,
                                                 bool after_starttls, Deadline deadline) {
  const bool early = after_starttls && !inner->input().empty();
  if (early) co_return Error::protocol("Nothing may follow STARTTLS before the handshake", "octets after STARTTLS");
  if (!context) co_return Error::temporary(Condition::unavailable, "no certificate loaded");
  auto stream = std::make_unique<TlsStream>(std::move(inner), std::move(context));
  std::string no_name;
  const auto done = co_await stream->handshake(true, std::move(no_name), deadline);
  if (!done) co_return done.error();
  std::unique_ptr<Stream> result = std::move(stream);
  co_return std::move(result);
}

Task<Result<std::unique_ptr<Stream>>> connect_tls(std::unique_ptr<Stream> inner, std::shared_ptr<TlsContext> context,
                                                  std::string server_name, Deadline deadline) {
  const bool early = !inner->input().empty();
  if (early) co_return Error::temporary(Condition::syntax, "octets before the TLS handshake");  // S17
  auto stream = std::make_unique<TlsStream>(std::move(inner), std::move(context));
  const auto done = co_await stream->handshake(false, std::move(server_name), deadline);
  if (!done) co_return done.error();
  std::unique_ptr<Stream> result = std::move(stream);
  co_return std::move(result);
}

}  // namespace mailtree::net
