// SPDX-License-Identifier: Apache-2.0
// Indexes whose pages are not what LMDB wrote.
#include <random>

#include "unit/store/machine.h"
#include "unit/store/processes.h"

namespace mailtree::store {
namespace {

using test::Child;

// Some pages behind the two of meta data, with anything in them.
void ruin_pages(const std::string& index, unsigned seed) {
  std::mt19937 numbers(seed);
  const auto dice = [&numbers] { return static_cast<unsigned>(numbers()); };
  std::fstream data(index + "/data.mdb", std::ios::in | std::ios::out | std::ios::binary);
  const auto pages = static_cast<unsigned>(fs::file_size(index + "/data.mdb") / 4096);
  for (unsigned i = 0; i < 1 + dice() % 4; ++i) {
    const unsigned page = 2 + dice() % (pages - 2);
    // Whole pages, or some octets of a header, a pointer or a row.
    const bool whole = dice() % 3 == 0;
    const unsigned begin = whole ? 0 : dice() % 4096;
    data.seekp(static_cast<std::streamoff>(page) * 4096 + begin);
    for (unsigned n = whole ? 4096 : std::min(4096 - begin, 1 + dice() % 64); n > 0; --n) {
      data.put(static_cast<char>(dice()));
    }
  }
}

constexpr int shown_right = 0, put_off = 40, shown_wrong = 50;

// A start of stored, and a session.
int look_at_account(Machine& machine, const FolderRow& wanted) {
  test::be_silent();
  machine.start();
  const auto opened = machine.perform<OpenAccountOperation>(OpenAccount{});
  if (!opened->outcome) return put_off;
  const auto reader = IndexReader::open(machine.index->path());
  if (!reader) return put_off;
  const auto row = (*reader)->folder(opened->reply.key, inbox_folder);
  if (!row) return row.error().condition == Condition::unavailable ? put_off : shown_wrong;
  if (row->uidvalidity != wanted.uidvalidity || row->messages != wanted.messages) return shown_wrong;
  const auto rows = (*reader)->messages(opened->reply.key, inbox_folder, 1, UINT32_MAX);
  if (!rows) return rows.error().condition == Condition::unavailable ? put_off : shown_wrong;
  for (std::size_t i = 0; i < rows->size(); ++i) {
    if ((*rows)[i].uid != i + 1) return shown_wrong;
  }
  return rows->size() == wanted.messages ? shown_right : shown_wrong;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(index_ruin, Site)

BOOST_AUTO_TEST_CASE(pages_with_anything_in_them_are_never_shown_as_mail_and_cost_three_starts_at_most) {
  Machine machine(path, "a");
  machine.start();
  for (int i = 0; i < 60; ++i) machine.append("letter " + std::to_string(i));
  const FolderRow wanted = machine.inbox();
  int crashes = 0, delays = 0, asides = 0;
  for (unsigned seed = 1; seed <= 60; ++seed) {
    machine.start();
    static_cast<void>(machine.inbox());
    const std::string index = machine.index->path();
    machine.stop();
    ruin_pages(index, seed);
    int status = -1;
    for (int start = 0; start < 4 && status != shown_right; ++start) {
      Child process([&](const auto&) { return look_at_account(machine, wanted); });
      status = process.exit_status();
      BOOST_TEST(status != shown_wrong, "seed " << seed);
      if (status == put_off) ++delays;
      if (status != put_off && status != shown_right) ++crashes;
    }
    BOOST_TEST(status == shown_right, "seed " << seed << ": " << status);
    if (!fs::exists(index)) ++asides;
  }
  BOOST_TEST_MESSAGE(crashes << " crashes, " << delays << " delays, " << asides << " of 60 given up");
  BOOST_TEST(crashes + delays > 0);  // else nothing was ruined
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mailtree::store
