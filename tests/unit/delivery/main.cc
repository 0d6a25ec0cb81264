// SPDX-License-Identifier: Apache-2.0
// Unit tests of src/delivery.
#define BOOST_TEST_MODULE delivery
#include <boost/test/unit_test.hpp>
