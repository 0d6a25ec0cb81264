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
constexpr std::size_t max_name_bytes = 1000;  // Cyrus has room for 1024

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

int find_properties(void*, sasl_server_params_t* server, unsigned flags, const char* user, unsigned length);

int init_properties(const sasl_utils_t*, int, int* version, sasl_auxprop_plug_t** plugin, const char*) {
  static char name[] = "mailtree";
  static sasl_auxprop_plug_t properties{};
  properties.auxprop_lookup = find_properties;
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

  Step outcome(int code, const char* out, unsigned length) {
    Step step;
    if (code == SASL_OK && !verifier.empty()) {
      credentials.login = user;
      credentials.proof = Credentials::Proof::proved;
    }
    // After a failure `out` may point into what Cyrus has freed already.
    const bool goes_on = code == SASL_OK || code == SASL_CONTINUE;
    if (goes_on && out != nullptr && length > 0) step.challenge.assign(out, length);
    switch (code) {
      case SASL_OK: step.state = claimed() ? State::claimed : State::failed; break;
      case SASL_CONTINUE: step.state = State::proceed; break;
      case SASL_NOMECH: step.state = State::unknown_mechanism; break;
      default: break;
    }
    return step;
  }
  // Cyrus' LOGIN loses the memory of the password behind a name that it does not like, so such names end before.
  [[nodiscard]] bool takes(const std::string& response) {
    if (response.size() > max_response_bytes) return false;
    const bool is_name = std::exchange(name_due, false);
    return !is_name || (!response.empty() && response.size() <= max_name_bytes);
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
  bool name_due = false;       // LOGIN
  std::string user, verifier;  // SCRAM
  std::string binding_type, binding_data;
  sasl_channel_binding_t binding{};
};

namespace {

// Cyrus looks a user up after a password, and before it compares a proof. Every user exists as far as it knows; for the
// one that the client named there is a verifier. The second look-up is for the identity to act as, which needs none.
int find_properties(void*, sasl_server_params_t* server, unsigned flags, const char* user, unsigned length) {
  if ((flags & SASL_AUXPROP_AUTHZID) != 0) return SASL_OK;
  int (*function)() = nullptr;
  void* context = nullptr;
  const sasl_utils_t& utils = *server->utils;
  // The context of each of our own callbacks is the exchange.
  if (utils.getcallback(utils.conn, SASL_CB_PROXY_POLICY, &function, &context) != SASL_OK) return SASL_OK;
  const auto& parts = *static_cast<const SaslExchange::Parts*>(context);
  if (!parts.verifier.empty() && parts.user == std::string_view(user, length))
    utils.prop_set(server->propctx, "*authPassword", parts.verifier.c_str(), static_cast<int>(parts.verifier.size()));
  return SASL_OK;
}

}  // namespace

SaslExchange::SaslExchange() : parts_(std::make_unique<Parts>()) {}

SaslExchange::~SaslExchange() {
  if (parts_->connection != nullptr) sasl_dispose(&parts_->connection);
}

void SaslExchange::set_channel_binding(const std::string& type, const std::string& data, bool required) {
  parts_->binding_type = type;
  parts_->binding_data = data;
  parts_->binding.name = parts_->binding_type.c_str();
  parts_->binding.critical = required ? 1 : 0;
  parts_->binding.len = parts_->binding_data.size();
  parts_->binding.data = reinterpret_cast<const unsigned char*>(parts_->binding_data.data());
}

void SaslExchange::set_verifier(const std::string& user, const std::string& verifier) {
  parts_->user = user;
  parts_->verifier = verifier;
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
  if (parts_->binding.len > 0) sasl_setprop(parts_->connection, SASL_CHANNEL_BINDING, &parts_->binding);
  parts_->name_due = mechanism == "LOGIN";
  if (initial && !initial->empty() && !parts_->takes(*initial)) return {};
  const char* out = nullptr;
  unsigned length = 0;
  code = sasl_server_start(parts_->connection, mechanism.c_str(), initial ? initial->data() : nullptr,
                           initial ? static_cast<unsigned>(initial->size()) : 0, &out, &length);
  return parts_->outcome(code, out, length);
}

SaslExchange::Step SaslExchange::step(const std::string& response) {
  if (parts_->connection == nullptr || !parts_->takes(response)) return {};
  const char* out = nullptr;
  unsigned length = 0;
  const int code = sasl_server_step(parts_->connection, response.data(), static_cast<unsigned>(response.size()), &out,
                                    &length);
  return parts_->outcome(code, out, length);
}

Credentials SaslExchange::take_credentials() { return std::move(parts_->credentials); }

}  // namespace mailtree::ldapauth
