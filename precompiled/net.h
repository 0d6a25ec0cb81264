// SPDX-License-Identifier: Apache-2.0
// As base.h, for the libraries that speak over streams and messages.
#include "base.h"
#include "loop/task_group.h"
#include "loop/worker_pool.h"
#include "net/line_reader.h"
#include "net/rpc.h"
#include "net/stream.h"
