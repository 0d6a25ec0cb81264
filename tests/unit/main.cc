// SPDX-License-Identifier: Apache-2.0
// main() of every unit test program.
#define BOOST_TEST_MODULE mailtree
#include <boost/test/unit_test.hpp>
