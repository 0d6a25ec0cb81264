// SPDX-License-Identifier: Apache-2.0
// Compiled once per library to save time (meson.build: cpp_pch); no source may count on it: tests/house/clang-syntax
// compiles each without.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
