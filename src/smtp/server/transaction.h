// SPDX-License-Identifier: Apache-2.0
// A mail transaction (RFC 5321 3.3): from MAIL to the end of data, or to RSET.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "ldapauth/plan.h"
#include "smtp/address.h"
#include "smtp/parameters.h"
#include "smtp/server/intake.h"

namespace mailtree::smtp {

struct Recipient {
  Address address;
  RcptParameters parameters;
  ldapauth::DeliveryPlan plan;  // empty for an address of another host
  bool remote = false;
};

struct Transaction {
  std::array<unsigned char, 16> id{};  // at random; names the message in store, queue, log and trace
  Path sender;
  MailParameters parameters;
  std::vector<Recipient> recipients;
  std::size_t refused_recipients = 0;
  std::unique_ptr<Intake> intake;  // from the first BDAT on
  bool chunk_refused = false;      // a BDAT failed: only RSET helps (RFC 3030 section 2)

  [[nodiscard]] std::string id_text() const;
};

}  // namespace mailtree::smtp
