// SPDX-License-Identifier: Apache-2.0
// The one binary of the unit tests of src/smtp.
#define BOOST_TEST_MODULE smtp
#include <boost/test/unit_test.hpp>
