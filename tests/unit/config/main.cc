// SPDX-License-Identifier: Apache-2.0
// Entry of the unit tests of src/config.
#define BOOST_TEST_MODULE config
#include <boost/test/unit_test.hpp>
