// SPDX-License-Identifier: Apache-2.0
// Unit tests of src/relay.
#define BOOST_TEST_MODULE relay
#include <boost/test/unit_test.hpp>
