// SPDX-License-Identifier: Apache-2.0
// The sessions of these tests log nothing.
#include <boost/test/unit_test.hpp>

#include "log/log.h"

namespace {

struct Silence {
  Silence() {
    mailtree::log::set_sink([](std::string_view) {});
  }
};

}  // namespace

BOOST_TEST_GLOBAL_FIXTURE(Silence);
