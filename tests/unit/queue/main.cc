// SPDX-License-Identifier: Apache-2.0
// Unit tests of src/queue.
#define BOOST_TEST_MODULE queue
#include <boost/test/unit_test.hpp>
