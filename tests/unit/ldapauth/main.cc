// SPDX-License-Identifier: Apache-2.0
// Unit tests of src/ldapauth.
#define BOOST_TEST_MODULE ldapauth
#include <boost/test/unit_test.hpp>
