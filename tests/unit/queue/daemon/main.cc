// SPDX-License-Identifier: Apache-2.0
// Unit tests of src/queue/daemon.
#define BOOST_TEST_MODULE queued
#include <boost/test/unit_test.hpp>
