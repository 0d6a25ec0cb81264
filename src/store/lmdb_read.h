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

// Whether LMDB says that its pages are not what it wrote. Anything else it says is about the moment.
inline bool means_ruin(int code) {
  switch (code) {
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_PANIC:
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_CURSOR_FULL:
    case MDB_PAGE_FULL:
      return true;
    default:
      return false;
  }
}

// The end of a walk and a failure look alike to seek() and next(): whoever walked asks code() before he believes that
// he saw all.
class Cursor {
 public:
  Cursor(MDB_txn* transaction, MDB_dbi table) : code_(mdb_cursor_open(transaction, table, &cursor_)) {
    if (code_ != 0) cursor_ = nullptr;
  }
  ~Cursor() {
    if (cursor_ != nullptr) mdb_cursor_close(cursor_);
  }
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;

  // The first row with a key not below `wanted`, which may be empty; false at the end of the table.
  bool seek(std::string_view wanted) {
    key = lmdb_value(wanted);
    return get(wanted.empty() ? MDB_FIRST : MDB_SET_RANGE);
  }
  bool next() { return get(MDB_NEXT); }
  bool remove() {
    if (cursor_ != nullptr && code_ == 0) code_ = mdb_cursor_del(cursor_, 0);
    return code_ == 0;
  }
  [[nodiscard]] bool has_prefix(std::string_view prefix) const { return lmdb_view(key).starts_with(prefix); }
  // Of LMDB; 0 as long as nothing failed.
  [[nodiscard]] int code() const { return code_; }

  MDB_val key{};
  MDB_val value{};

 private:
  bool get(MDB_cursor_op operation) {
    if (cursor_ == nullptr || code_ != 0) return false;
    const int code = mdb_cursor_get(cursor_, &key, &value, operation);
    if (code != 0 && code != MDB_NOTFOUND) code_ = code;
    return code == 0;
  }

  MDB_cursor* cursor_ = nullptr;
  int code_ = 0;
};

}  // namespace mailtree::store
