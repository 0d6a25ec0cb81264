// SPDX-License-Identifier: Apache-2.0
// Messages for the tests of the queue: one with everything set, and one as small as possible.
#pragma once

#include <string>

#include "queue/envelope.h"

namespace mailtree::queue::samples {

inline std::string id(unsigned char fill) {
  TransactionId transaction;
  transaction.fill(fill);
  return queue_id_of(transaction);
}

inline Envelope full() {
  Envelope e;
  e.queue_id = id(0xa7);
  e.sender = "ann \"quoted\" @land.test";
  e.recipients = {{"bob@alpha.test", "rfc822;Bob@Alpha.test", notify::success | notify::failure},
                  {"\"odd %\tname\"@beta.test", "", notify::never},
                  {"j\xc3\xb6rg@gamma.test", "utf-8;j\xc3\xb6rg@gamma.test", 0}};
  e.message_bytes = 12345;
  e.message_sha256 = std::string(31, '\xfe') + '\0';
  e.envelope_id = "QQ 314159";
  e.ret = ret::headers;
  e.smtputf8 = true;
  e.eight_bit = false;
  e.internal_origin = true;
  e.origin = {"192.0.2.1", "client.land.test", "[192.0.2.1]", "ESMTPSA", "ann@land.test", 1'700'000'000'000'001};
  e.queued_at_us = 1'700'000'000'123'456;
  return e;
}

inline Envelope small(unsigned char fill = 1) {
  Envelope e;
  e.queue_id = id(fill);
  e.sender = "ann@land.test";
  e.recipients = {{"bob@alpha.test", "", 0}, {"carl@alpha.test", "", 0}};
  e.message_bytes = 5;
  e.message_sha256 = std::string(32, 'x');
  e.queued_at_us = 1'700'000'000'000'000;
  return e;
}

}  // namespace mailtree::queue::samples
