// SPDX-License-Identifier: Apache-2.0
// The tests of src/store.
#define BOOST_TEST_MODULE store
#include <boost/test/unit_test.hpp>
