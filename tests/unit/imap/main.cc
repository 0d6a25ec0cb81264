// SPDX-License-Identifier: Apache-2.0
// Runner of the unit tests of src/imap.
#define BOOST_TEST_MODULE imap
#include <boost/test/unit_test.hpp>
