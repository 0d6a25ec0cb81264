// SPDX-License-Identifier: Apache-2.0
// Small guards around LMDB for both sides of the index. Only src/store sees lmdb.h.
#pragma once

#include <lmdb.h>

#include <optional>
#include <string_view>

namespace mailtree::store {

inline MDB_val lmdb_value(std::string_view octets) {
  return {octets.size(), const_cast<char*>(octets.data())};
}
inline std::string_view lmdb_view(const MDB_val& value) {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

class Cursor {
 public:
  Cursor(MDB_txn* transaction, MDB_dbi table) {
    if (mdb_cursor_open(transaction, table, &cursor_) != 0) cursor_ = nullptr;
  }
  ~Cursor() {
    if (cursor_ != nullptr) mdb_cursor_close(cursor_);
  }
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;

  // The first row with a key not below `key`; false at the end of the table.
  bool seek(std::string_view wanted) {
    key = lmdb_value(wanted);
    return cursor_ != nullptr && mdb_cursor_get(cursor_, &key, &value, MDB_SET_RANGE) == 0;
  }
  bool next() { return mdb_cursor_get(cursor_, &key, &value, MDB_NEXT) == 0; }
  bool remove() { return mdb_cursor_del(cursor_, 0) == 0; }
  [[nodiscard]] bool has_prefix(std::string_view prefix) const { return lmdb_view(key).starts_with(prefix); }

  MDB_val key{};
  MDB_val value{};

 private:
  MDB_cursor* cursor_ = nullptr;
};

}  // namespace mailtree::store
