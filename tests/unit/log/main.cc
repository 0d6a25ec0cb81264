// SPDX-License-Identifier: Apache-2.0
// Entry of the unit tests of src/log.
#define BOOST_TEST_MODULE log
#include <boost/test/unit_test.hpp>
