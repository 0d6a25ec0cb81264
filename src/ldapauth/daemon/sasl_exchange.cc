// SPDX-License-Identifier: Apache-2.0
#include "ldapauth/daemon/sasl_exchange.h"

#include <sasl/sasl.h>
#include <sasl/saslplug.h>
#include <strings.h>

#include <array>
#include <cstring>
#include <utility>

namespace mailtree::ldapauth {
namespace {

// Longest response of a client: two names and a password, generously.
constexpr std::size_t max_response_bytes = 4096;

std::string& mechanism_list() {
  static std::string list;
  return list;
}

// The only settings Cyrus ever sees: no file of its own is asked. The password is never compared by Cyrus, so neither a
// password data base nor saslauthd has a part in this.
int get_option(void*, const char*, const char* option, const char** result, unsigned* length) {
  const std::string_view name(option);
  if (name == "mech_list") {
    *result = mechanism_list().c_str();
  } else if (name == "auxprop_plugin") {
    *result = "mailtree";
  } else if (name == "pwcheck_method") {
    *result = "none";
  } else {
    return SASL_FAIL;
  }
  if (length != nullptr) *length = static_cast<unsigned>(std::strlen(*result));
  return SASL_OK;
}

int swallow_log(void*, int, const char*) { return SASL_OK; }

// Cyrus casts these to the type that belongs to their number.
template <typename F>
int (*callback(F function))() {
  return reinterpret_cast<int (*)()>(reinterpret_cast<void (*)()>(function));
}

// Cyrus looks the user up after the password: there is nothing to find, and every user exists as far as it knows.
int no_properties(void*, sasl_server_params_t*, unsigned, const char*, unsigned) { return SASL_OK; }

int init_properties(const sasl_utils_t*, int, int* version, sasl_auxprop_plug_t** plugin, const char*) {
  static char name[] = "mailtree";
  static sasl_auxprop_plug_t properties{};
  properties.auxprop_lookup = no_properties;
  properties.name = name;
  *version = SASL_AUXPROP_PLUG_VERSION;
  *plugin = &properties;
  return SASL_OK;
}

}  // namespace

Credentials::~Credentials() {
  for (std::string* secret : {&password, &login}) explicit_bzero(secret->data(), secret->size());
}

Result<void> initialise_sasl(const std::vector<std::string>& mechanisms) {
  static const std::array callbacks{
      sasl_callback_t{SASL_CB_GETOPT, callback(&get_option), nullptr},
      sasl_callback_t{SASL_CB_LOG, callback(&swallow_log), nullptr},
      sasl_callback_t{SASL_CB_LIST_END, nullptr, nullptr},
  };
  static bool loaded = false;
  if (loaded) return {};
  mechanism_list().clear();
  for (const std::string& mechanism : mechanisms) mechanism_list() += mechanism + ' ';
  const int code = sasl_server_init(callbacks.data(), "mailtree");
  if (code != SASL_OK)
    return Error::temporary(Condition::unavailable,
                            std::string("Cyrus SASL: ") + sasl_errstring(code, nullptr, nullptr));
  sasl_auxprop_add_plugin("mailtree", init_properties);
  loaded = true;
  return {};
}

struct SaslExchange::Parts {
  // "Verifies" by writing down: the caller asks the directory once Cyrus says that the exchange is complete.
  static int claim(sasl_conn_t*, void* context, const char* user, const char* password, unsigned length,
                   struct propctx*) {
    Credentials& credentials = static_cast<Parts*>(context)->credentials;
    credentials.login = user == nullptr ? "" : user;
    credentials.password.assign(password == nullptr ? "" : password, password == nullptr ? 0 : length);
    return SASL_OK;
  }
  // May `authenticated` act as `requested`? Written down as well: RFC 4616's authzid.
  static int authorise(sasl_conn_t*, void* context, const char* requested, unsigned length, const char*, unsigned,
                       const char*, unsigned, struct propctx*) {
    static_cast<Parts*>(context)->credentials.authorization.assign(requested, length);
    return SASL_OK;
  }
  // Names stay as the client wrote them: no realm is added.
  static int keep_name(sasl_conn_t*, void*, const char* in, unsigned length, unsigned, const char*, char* out,
                       unsigned out_max, unsigned* out_length) {
    if (length >= out_max) return SASL_BUFOVER;
    std::memmove(out, in, length);
    out[length] = '\0';
    *out_length = length;
    return SASL_OK;
  }

  Step outcome(int code, const char* out, unsigned length) const {
    Step step;
    if (out != nullptr && length > 0) step.challenge.assign(out, length);
    switch (code) {
      case SASL_OK: step.state = claimed() ? State::claimed : State::failed; break;
      case SASL_CONTINUE: step.state = State::proceed; break;
      case SASL_NOMECH: step.state = State::unknown_mechanism; break;
      default: break;
    }
    return step;
  }
  [[nodiscard]] bool claimed() const { return !credentials.login.empty(); }

  std::array<sasl_callback_t, 4> callbacks{
      sasl_callback_t{SASL_CB_SERVER_USERDB_CHECKPASS, callback(&claim), this},
      sasl_callback_t{SASL_CB_PROXY_POLICY, callback(&authorise), this},
      sasl_callback_t{SASL_CB_CANON_USER, callback(&keep_name), this},
      sasl_callback_t{SASL_CB_LIST_END, nullptr, nullptr},
  };
  sasl_conn_t* connection = nullptr;
  Credentials credentials;
};

SaslExchange::SaslExchange() : parts_(std::make_unique<Parts>()) {}

SaslExchange::~SaslExchange() {
  if (parts_->connection != nullptr) sasl_dispose(&parts_->connection);
}

SaslExchange::Step SaslExchange::start(const std::string& service, const std::string& mechanism,
                                       const std::optional<std::string>& initial) {
  int code = sasl_server_new(service.c_str(), "localhost", nullptr, nullptr, nullptr, parts_->callbacks.data(), 0,
                             &parts_->connection);
  if (code != SASL_OK) return {};
  // No security layers (the connection has TLS or is trusted); whether plain text is fine was decided by the caller.
  sasl_security_properties_t properties{};
  properties.maxbufsize = 0;
  sasl_setprop(parts_->connection, SASL_SEC_PROPS, &properties);
  if (initial && initial->size() > max_response_bytes) return {};
  const char* out = nullptr;
  unsigned length = 0;
  code = sasl_server_start(parts_->connection, mechanism.c_str(), initial ? initial->data() : nullptr,
                           initial ? static_cast<unsigned>(initial->size()) : 0, &out, &length);
  return parts_->outcome(code, out, length);
}

SaslExchange::Step SaslExchange::step(const std::string& response) {
  if (parts_->connection == nullptr || response.size() > max_response_bytes) return {};
  const char* out = nullptr;
  unsigned length = 0;
  const int code = sasl_server_step(parts_->connection, response.data(), static_cast<unsigned>(response.size()), &out,
                                    &length);
  return parts_->outcome(code, out, length);
}

Credentials SaslExchange::take_credentials() { return std::move(parts_->credentials); }

}  // namespace mailtree::ldapauth
