// SPDX-License-Identifier: Apache-2.0
// What the messages of this folder need of msgpack and no more (<msgpack.hpp> costs every includer a second).
// Fields of a MSGPACK_DEFINE are only ever appended: a missing one keeps its default, an unknown one is skipped.
#pragma once

#include <cstdint>
#include <msgpack/adaptor/bool.hpp>
#include <msgpack/adaptor/define.hpp>
#include <msgpack/adaptor/int.hpp>
#include <msgpack/adaptor/string.hpp>
#include <msgpack/adaptor/vector.hpp>
#include <string>
#include <vector>
