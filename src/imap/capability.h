// SPDX-License-Identifier: Apache-2.0
// What this server can do after login. The front end tells its own list before.
#pragma once

#include <string_view>

namespace mailtree::imap {

inline constexpr std::string_view capabilities =
    "IMAP4rev1 LITERAL+ ID IDLE NAMESPACE UIDPLUS UNSELECT CHILDREN SPECIAL-USE CREATE-SPECIAL-USE MOVE MULTIAPPEND "
    "OBJECTID";

}  // namespace mailtree::imap
