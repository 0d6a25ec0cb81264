// SPDX-License-Identifier: Apache-2.0
// Entry of the unit tests of src/programs.
#define BOOST_TEST_MODULE programs
#include <boost/test/unit_test.hpp>
