// SPDX-License-Identifier: Apache-2.0
// As base.h, for test files.
#include <boost/test/unit_test.hpp>

#include "base.h"
