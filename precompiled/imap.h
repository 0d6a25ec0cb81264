// SPDX-License-Identifier: Apache-2.0
// As base.h, for what knows an IMAP session.
#include "base.h"
#include "imap/session.h"
