// SPDX-License-Identifier: Apache-2.0
// Explainer: puts an operator's question to a resolver of its own, which decides as the daemons' one does, and writes
// down every search on the way. Loop thread only.
#pragma once

#include "ldapauth/daemon/cache.h"
#include "ldapauth/daemon/options.h"
#include "ldapauth/explanation.h"

namespace mailtree::ldapauth {

// Without an answer within `deadline` the explanation says "unavailable" and shows how far it came. `cache` and
// `options` outlive the task.
Task<Explanation> explain(loop::Loop& loop, Cache& cache, const Options& options, Explain request, Deadline deadline);

}  // namespace mailtree::ldapauth
