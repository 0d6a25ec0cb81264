// SPDX-License-Identifier: Apache-2.0
// Entry of the unit tests of src/admin.
#define BOOST_TEST_MODULE admin
#include <boost/test/unit_test.hpp>
