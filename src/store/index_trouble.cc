// SPDX-License-Identifier: Apache-2.0
// Notes of 16 octets, appended by one write each. What runs in the signal handler is safe there: clock_gettime, getpid,
// write, sigaction, raise.
#include "store/index_trouble.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <mutex>

namespace mailtree::store {
namespace {

constexpr std::size_t most_notes = 256;  // of interest; a page of the disk
static_assert(sizeof(TroubleNote) == 16);

constexpr std::array<int, 3> signals = {SIGSEGV, SIGBUS, SIGABRT};
std::array<struct sigaction, signals.size()> before_us;
thread_local volatile int file_of_this_thread = -1;

void write_note(int file, TroubleNote::Kind kind) {
  TroubleNote note;
  note.time = IndexTrouble::now();
  note.process = static_cast<std::uint32_t>(::getpid());
  note.kind = kind;
  const int error = errno;
  if (::write(file, &note, sizeof note) < 0) {
    // Nothing can be done here, and what follows is the same.
  }
  errno = error;
}

// Notes the crash and hands it on to the handler before: the instruction runs again, or the signal is sent again.
void crashed(int signal, siginfo_t* info, void*) {
  if (file_of_this_thread >= 0) write_note(file_of_this_thread, TroubleNote::Kind::crash);
  for (std::size_t i = 0; i < signals.size(); ++i) {
    if (signals[i] == signal) ::sigaction(signal, &before_us[i], nullptr);
  }
  if (info->si_code <= 0) ::raise(signal);  // by a process, not by an instruction
}

// Once; again if somebody else has taken the signals since.
void catch_crashes() {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  struct sigaction action {};
  action.sa_sigaction = crashed;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_ONSTACK | SA_SIGINFO;
  for (std::size_t i = 0; i < signals.size(); ++i) {
    struct sigaction now {};
    ::sigaction(signals[i], nullptr, &now);
    if ((now.sa_flags & SA_SIGINFO) != 0 && now.sa_sigaction == crashed) continue;
    before_us[i] = now;
    ::sigaction(signals[i], &action, nullptr);
  }
}

}  // namespace

Result<void> IndexTrouble::make(const std::string& index_path) {
  const std::string path = index_path + trouble_file;
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return Error::temporary(Condition::storage, "open " + path + ": " + std::strerror(errno));
  // On a file system that cannot reserve, a full disk may cost a note.
  static_cast<void>(::fallocate(file.get(), FALLOC_FL_KEEP_SIZE, 0, most_notes * sizeof(TroubleNote)));
  return {};
}

std::vector<TroubleNote> IndexTrouble::read(const std::string& index_path) {
  const UniqueFd file(::open((index_path + trouble_file).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  std::vector<TroubleNote> notes(most_notes);
  const ssize_t octets = file ? ::pread(file.get(), notes.data(), most_notes * sizeof(TroubleNote), 0) : 0;
  notes.resize(octets > 0 ? static_cast<std::size_t>(octets) / sizeof(TroubleNote) : 0);
  return notes;
}

std::int64_t IndexTrouble::now() {
  timespec time{};
  ::clock_gettime(CLOCK_BOOTTIME, &time);
  return time.tv_sec;
}

IndexTrouble::IndexTrouble(const std::string& index_path)
    : file_(::open((index_path + trouble_file).c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW)) {
  catch_crashes();
}

void IndexTrouble::note(TroubleNote::Kind kind) const {
  if (file_) write_note(file_.get(), kind);
}

IndexTrouble::Inside::Inside(const IndexTrouble& trouble) : before_(file_of_this_thread) {
  file_of_this_thread = trouble.file_.get();
}

IndexTrouble::Inside::~Inside() {
  file_of_this_thread = before_;
}

}  // namespace mailtree::store
