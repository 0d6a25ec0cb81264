// SPDX-License-Identifier: Apache-2.0
// Message identifiers (RFC 5322 3.6.4), obsolete forms (4.5.4) included: what tells that messages belong together.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailtree::mime {

// An id is given as "<left@right>" without comments, folds and quotes, so that those who wrote it differently meet.
// Letter case stays. What stands between ids (commas, phrases, quoted strings) is passed over, and so is what is no id:
// "<>", and one that is never closed.

// The first id in the value of Message-ID, In-Reply-To or References.
std::optional<std::string> first_message_id(std::string_view value);

// All ids in the value, in order, without repetition, at most 200.
std::vector<std::string> message_ids(std::string_view value);

}  // namespace mailtree::mime
