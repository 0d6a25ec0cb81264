// SPDX-License-Identifier: Apache-2.0
// The client's side of SCRAM for tests, by Cyrus SASL.
#pragma once

#include <sasl/sasl.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace mailtree::test {

class ScramClient {
 public:
  // `offered`: what the client believes the server offers; `binding`: empty = the client knows of none.
  ScramClient(std::string user, std::string password, std::string offered, std::string binding_type = {},
              std::string binding_data = {})
      : user_(std::move(user)), offered_(std::move(offered)), type_(std::move(binding_type)),
        data_(std::move(binding_data)) {
    static const int initialised = sasl_client_init(nullptr);
    secret_.resize(sizeof(sasl_secret_t) + password.size());
    auto* const secret = reinterpret_cast<sasl_secret_t*>(secret_.data());
    secret->len = password.size();
    password.copy(reinterpret_cast<char*>(secret->data), password.size());
    code_ = initialised;
    if (code_ == SASL_OK)
      code_ = sasl_client_new("imap", "localhost", nullptr, nullptr, callbacks_.data(), 0, &connection_);
    binding_.name = type_.c_str();
    binding_.len = data_.size();
    binding_.data = reinterpret_cast<const unsigned char*>(data_.data());
    if (!type_.empty()) sasl_setprop(connection_, SASL_CHANNEL_BINDING, &binding_);
  }
  ~ScramClient() { sasl_dispose(&connection_); }
  ScramClient(const ScramClient&) = delete;
  ScramClient& operator=(const ScramClient&) = delete;

  // The mechanism chosen is in mechanism() afterwards.
  std::string first() {
    const char* out = nullptr;
    const char* mechanism = nullptr;
    unsigned length = 0;
    code_ = sasl_client_start(connection_, offered_.c_str(), nullptr, &out, &length, &mechanism);
    mechanism_ = mechanism == nullptr ? "" : mechanism;
    const std::string message(out == nullptr ? "" : out, out == nullptr ? 0 : length);
    if (message.starts_with("p=")) mechanism_ += "-PLUS";  // Cyrus names the plug-in, which does both
    return message;
  }
  std::string answer(const std::string& challenge) {
    const char* out = nullptr;
    unsigned length = 0;
    code_ = sasl_client_step(connection_, challenge.data(), static_cast<unsigned>(challenge.size()), nullptr, &out,
                             &length);
    return {out == nullptr ? "" : out, out == nullptr ? 0 : length};
  }
  [[nodiscard]] const std::string& mechanism() const { return mechanism_; }
  // The server has proved that it knows the user's verifier.
  [[nodiscard]] bool satisfied() const { return code_ == SASL_OK; }

 private:
  static int give_name(void* context, int, const char** result, unsigned* length) {
    const std::string& user = static_cast<ScramClient*>(context)->user_;
    *result = user.c_str();
    if (length != nullptr) *length = static_cast<unsigned>(user.size());
    return SASL_OK;
  }
  static int give_nothing(void*, int, const char** result, unsigned* length) {
    *result = "";
    if (length != nullptr) *length = 0;
    return SASL_OK;
  }
  static int give_secret(sasl_conn_t*, void* context, int, sasl_secret_t** secret) {
    *secret = reinterpret_cast<sasl_secret_t*>(static_cast<ScramClient*>(context)->secret_.data());
    return SASL_OK;
  }
  template <typename F>
  static int (*callback(F function))() {
    return reinterpret_cast<int (*)()>(reinterpret_cast<void (*)()>(function));
  }

  std::string user_, offered_, type_, data_, mechanism_;
  std::vector<char> secret_;
  sasl_channel_binding_t binding_{};
  int code_ = SASL_FAIL;
  std::array<sasl_callback_t, 4> callbacks_{
      sasl_callback_t{SASL_CB_AUTHNAME, callback(&give_name), this},
      sasl_callback_t{SASL_CB_USER, callback(&give_nothing), this},
      sasl_callback_t{SASL_CB_PASS, callback(&give_secret), this},
      sasl_callback_t{SASL_CB_LIST_END, nullptr, nullptr},
  };
  sasl_conn_t* connection_ = nullptr;
};

}  // namespace mailtree::test
