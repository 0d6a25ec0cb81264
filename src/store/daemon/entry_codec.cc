// SPDX-License-Identifier: Apache-2.0
// Entries as octets and back (../log_format.md). Each entry's fields are listed once, for both directions.
#include <utility>

#include "store/daemon/entry.h"
#include "store/octets.h"

namespace mailtree::store {
namespace {

constexpr std::uint8_t format_version = 1;
constexpr std::uint8_t may_skip_bit = 0x80;
constexpr std::size_t max_text = 4096;       // above every bound on names, so that raising one needs no new format
constexpr std::size_t max_octets = 1U << 20;  // and on values

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  template <typename T>
  void number(const T& value) {
    put_varint(out_, static_cast<std::uint64_t>(value));
  }
  void octet(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void fixed(std::uint64_t value) { put_little(out_, value); }
  void flag(bool value) { octet(value ? 1 : 0); }
  void last_flag(bool value) {
    if (value) flag(value);
  }
  void last_fixed(std::uint64_t value) {
    if (value != 0) fixed(value);
  }
  void text(const std::string& value) { put_string(out_, value); }
  void octets(const std::string& value) { put_string(out_, value); }
  void unique(const Unique& value) { out_.append(reinterpret_cast<const char*>(value.data()), value.size()); }

  void uids(const UidSet& set) {
    put_varint(out_, set.size());
    Uid next = 0;
    for (const UidRange& range : set) {
      put_varint(out_, range.first - next);
      put_varint(out_, range.last - range.first);
      next = range.last;
    }
  }

  void marks(const std::vector<std::uint64_t>& all) {
    put_varint(out_, all.size());
    for (const std::uint64_t mark : all) fixed(mark);
  }

  void keywords(const KeywordSet& set) {
    std::string numbers;
    for (std::size_t i = 0; i < max_keywords; ++i) {
      if (set.has(i)) numbers.push_back(static_cast<char>(i));
    }
    put_string(out_, numbers);
  }

  void sizes(const std::uint64_t& size, const std::uint64_t& crlf_size) {
    put_varint(out_, size);
    put_varint(out_, crlf_size - size);
  }

 private:
  std::string& out_;
};

class Reader {
 public:
  explicit Reader(std::string_view octets) : in_(octets) {}
  // An entry may be longer than we know: fields are only ever appended.
  [[nodiscard]] bool ok() const { return in_.ok() && ok_; }

  template <typename T>
  void number(T& value) {
    value = static_cast<T>(in_.varint(limit<T>()));
  }
  void octet(std::uint8_t& value) { value = in_.little<std::uint8_t>(); }
  void fixed(std::uint64_t& value) { value = in_.little<std::uint64_t>(); }
  void flag(bool& value) { value = in_.little<std::uint8_t>() != 0; }
  // Fields that older programs did not write; false and 0 if they are not there.
  void last_flag(bool& value) {
    if (!in_.at_end()) flag(value);
  }
  void last_fixed(std::uint64_t& value) {
    if (!in_.at_end()) fixed(value);
  }
  void text(std::string& value) { value = in_.string(max_text); }
  void octets(std::string& value) { value = in_.string(max_octets); }
  void unique(Unique& value) {
    const std::string_view raw = in_.take(value.size());
    for (std::size_t i = 0; i < raw.size(); ++i) value[i] = static_cast<unsigned char>(raw[i]);
  }

  void uids(UidSet& set) {
    const std::uint64_t size = in_.varint();
    std::uint64_t next = 0;
    for (std::uint64_t i = 0; i < size && ok(); ++i) {
      const std::uint64_t first = next + in_.varint(UINT32_MAX);
      const std::uint64_t last = first + in_.varint(UINT32_MAX);
      if (last > UINT32_MAX || first == 0 || (i != 0 && first <= next)) ok_ = false;
      set.push_back({static_cast<Uid>(first), static_cast<Uid>(last)});
      next = last;
    }
  }

  void marks(std::vector<std::uint64_t>& all) {
    const std::uint64_t size = in_.varint();
    for (std::uint64_t i = 0; i < size && ok(); ++i) fixed(all.emplace_back());
  }

  void keywords(KeywordSet& set) {
    for (const char number : in_.string(max_keywords)) set.set(static_cast<unsigned char>(number));
  }

  void sizes(std::uint64_t& size, std::uint64_t& crlf_size) {
    size = in_.varint(UINT64_MAX / 4);
    crlf_size = size + in_.varint(UINT64_MAX / 4);
  }

 private:
  template <typename T>
  static constexpr std::uint64_t limit() {
    return std::is_signed_v<T> ? static_cast<std::uint64_t>(INT64_MAX) : static_cast<std::uint64_t>(static_cast<T>(-1));
  }
  OctetReader in_;
  bool ok_ = true;
};

// One function an entry; `E` is const when writing.
template <typename Archive, typename E, typename Known>
constexpr bool is = std::is_same_v<std::remove_const_t<E>, Known>;

template <typename Archive, typename M>
void message_fields(Archive& a, M& m) {
  a.number(m.uid);
  a.unique(m.unique);
  a.octet(m.flags);
  a.octet(m.name_flags);
  a.number(m.modseq);
  a.number(m.internal_date);
  a.number(m.save_date);
  a.sizes(m.size, m.crlf_size);
}

template <typename Archive, typename E>
void fields(Archive& a, E& e) {
  using namespace entry;
  if constexpr (is<Archive, E, AccountNamed>) {
    a.text(e.name.domain), a.text(e.name.uid), a.text(e.name.entry_uuid), a.text(e.host);
  } else if constexpr (is<Archive, E, FolderSet>) {
    a.number(e.id), a.text(e.name), a.text(e.directory), a.fixed(e.object), a.number(e.uidvalidity);
    a.number(e.uidnext), a.number(e.first_recent), a.octet(e.special_use), a.number(e.modseq);
    a.number(e.expunge_horizon);
  } else if constexpr (is<Archive, E, FolderRemoved>) {
    a.number(e.id), a.number(e.modseq);
  } else if constexpr (is<Archive, E, FolderRenamed>) {
    a.number(e.id), a.text(e.name), a.number(e.modseq);
  } else if constexpr (is<Archive, E, Subscribed>) {
    a.text(e.name), a.flag(e.on);
  } else if constexpr (is<Archive, E, KeywordAdded>) {
    a.number(e.folder), a.text(e.keyword);
  } else if constexpr (is<Archive, E, Arrived>) {
    a.number(e.folder), message_fields(a, e.message), a.keywords(e.keywords), a.last_fixed(e.message.thread);
  } else if constexpr (is<Archive, E, FlagsChanged>) {
    a.number(e.folder), a.uids(e.uids), a.number(e.modseq), a.octet(e.clear), a.octet(e.set);
    a.keywords(e.clear_keywords), a.keywords(e.set_keywords);
  } else if constexpr (is<Archive, E, Renamed>) {
    a.number(e.folder), a.number(e.uid), a.octet(e.name_flags);
  } else if constexpr (is<Archive, E, Expunged>) {
    a.number(e.folder), a.uids(e.uids), a.number(e.modseq), a.last_flag(e.lost);
  } else if constexpr (is<Archive, E, RecentMoved>) {
    a.number(e.folder), a.number(e.first_recent);
  } else if constexpr (is<Archive, E, Gone>) {
    a.number(e.folder), a.number(e.tombstone.uid), a.number(e.tombstone.modseq), a.fixed(e.tombstone.mark);
    a.number(e.tombstone.time);
  } else if constexpr (is<Archive, E, Marked>) {
    a.fixed(e.mark), a.number(e.time);
  } else if constexpr (is<Archive, E, Numbers>) {
    a.number(e.modseq), a.number(e.next_folder);
  } else if constexpr (is<Archive, E, FolderFloor>) {
    a.number(e.folder), a.number(e.uidnext);
  } else if constexpr (is<Archive, E, FullSince>) {
    a.number(e.time), a.number(e.totals.bytes), a.number(e.totals.messages);
  } else if constexpr (is<Archive, E, Named> || is<Archive, E, NamesDoubtful>) {
    a.number(e.folder), a.uids(e.uids);
  } else if constexpr (is<Archive, E, Ancestor>) {
    a.fixed(e.log.log_id), a.number(e.log.octets);
  } else if constexpr (is<Archive, E, SetAcl>) {
    a.number(e.folder), a.text(e.identifier), a.text(e.rights);
  } else if constexpr (is<Archive, E, SetMetadata>) {
    a.number(e.folder), a.text(e.name), a.flag(e.there), a.octets(e.value);
  } else if constexpr (is<Archive, E, Leaving>) {
    a.fixed(e.number), a.number(e.folder), a.uids(e.uids);
    a.text(e.target.domain), a.text(e.target.uid), a.text(e.target.entry_uuid), a.number(e.target_folder);
  } else if constexpr (is<Archive, E, Coming>) {
    a.fixed(e.number), a.text(e.source.domain), a.text(e.source.uid), a.text(e.source.entry_uuid), a.marks(e.marks);
  } else if constexpr (is<Archive, E, Left> || is<Archive, E, Came> || is<Archive, E, Settled>) {
    a.fixed(e.number);
  } else {
    static_assert(is<Archive, E, Doomed> || is<Archive, E, DirectoryGone>);
    a.text(e.directory);
  }
}

// Types on disk are 1 + the place in the variant: append to it, never reorder.
template <std::size_t I = 0>
bool decode_entry(std::uint8_t type, std::string_view body, std::vector<Entry>& entries) {
  if constexpr (I < std::variant_size_v<Entry>) {
    if (type != I + 1) return decode_entry<I + 1>(type, body, entries);
    auto& e = entries.emplace_back(std::in_place_index<I>);
    Reader reader(body);
    fields(reader, std::get<I>(e));
    return reader.ok();
  } else {
    return false;
  }
}

bool is_known(std::uint8_t type) {
  return type >= 1 && type <= std::variant_size_v<Entry>;
}

Error damaged() {
  return Error::temporary(Condition::damaged, "commit record does not parse");
}

}  // namespace

void encode_entry(std::string& out, const Entry& entry) {
  std::string body;
  Writer writer(body);
  std::visit([&writer](const auto& e) { fields(writer, e); }, entry);
  const bool may_skip = std::holds_alternative<entry::RecentMoved>(entry) ||
                        std::holds_alternative<entry::FullSince>(entry) ||
                        std::holds_alternative<entry::Ancestor>(entry);
  out.push_back(static_cast<char>((entry.index() + 1) | (may_skip ? may_skip_bit : 0)));
  put_string(out, body);
}

std::string encode(const Commit& commit) {
  std::string out;
  out.push_back(static_cast<char>(format_version));
  put_varint(out, static_cast<std::uint64_t>(commit.time));
  put_varint(out, commit.modseq);
  put_varint(out, commit.totals.bytes);
  put_varint(out, commit.totals.messages);
  for (const Entry& entry : commit.entries) encode_entry(out, entry);
  return out;
}

Result<Commit> decode_commit(std::string_view payload) {
  OctetReader in(payload);
  if (in.little<std::uint8_t>() != format_version) {
    return Error::temporary(Condition::cannot, "commit record of a newer format");
  }
  Commit commit;
  commit.time = static_cast<std::int64_t>(in.varint(INT64_MAX));
  commit.modseq = in.varint();
  commit.totals.bytes = in.varint();
  commit.totals.messages = in.varint();
  while (in.ok() && !in.at_end()) {
    const auto octet = in.little<std::uint8_t>();
    const std::string_view body = in.take(in.varint());
    if (!in.ok()) break;
    const auto type = static_cast<std::uint8_t>(octet & ~may_skip_bit);
    if (!is_known(type)) {
      if ((octet & may_skip_bit) != 0) continue;
      return Error::temporary(Condition::cannot, "entry of unknown type " + std::to_string(type));
    }
    if (!decode_entry(type, body, commit.entries)) return damaged();
  }
  if (!in.finished()) return damaged();
  return commit;
}

}  // namespace mailtree::store
