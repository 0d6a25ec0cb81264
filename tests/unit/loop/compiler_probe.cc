// SPDX-License-Identifier: Apache-2.0
// Asks the compiler whether it still gets the short spellings wrong. Each runs in a process of its own; the outcome is
// a message, never a failure. When a new compiler gets all right, the law of CONTRIBUTING.md may go.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <string>
#include <utility>

#include "loop/loop.h"
#include "loop/signal.h"
#include "loop/task.h"
#include "support/run_task.h"

namespace mailtree::loop {
namespace {

struct Options {
  std::string name;
};

Task<bool> truth(Loop& loop) {
  [[maybe_unused]] const int frame = 0;
  co_await yield(loop);
  co_return true;
}

Task<std::string> name_of(Loop& loop, Options options) {
  const std::string kept = options.name;
  co_await yield(loop);
  co_return kept;
}

Task<std::string> text(Loop& loop) {
  const std::string kept(100, 'x');
  co_await yield(loop);
  co_return kept;
}

Task<void> awaits_in_a_condition(Loop& loop, bool& right) {
  if (co_await truth(loop)) right = true;
}

Task<void> awaits_beside_an_aggregate(Loop& loop, bool& right) {
  [[maybe_unused]] const int frame = 0;
  const std::string name = co_await name_of(loop, Options{std::string(100, 'x')});
  right = name == std::string(100, 'x');
}

Task<void> awaits_in_a_choice(Loop& loop, bool& right) {
  [[maybe_unused]] const int frame = 0;
  const std::string name = right ? std::string(50, 'y') : co_await text(loop);
  right = name == std::string(100, 'x');
}

using Probe = Task<void> (*)(Loop&, bool&);

// Whether `probe` ends, with the right result, in a child that may hang or die.
bool works(Probe probe) {
  constexpr unsigned patience_seconds = 5;
  const pid_t child = fork();
  if (child == 0) {
    const int null = open("/dev/null", O_WRONLY);
    dup2(null, STDERR_FILENO);
    alarm(patience_seconds);
    bool right = false;
    Loop loop;
    test::run_task(loop, probe(loop, right));
    _exit(right ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void tell(const char* form, Probe probe) {
  BOOST_TEST_MESSAGE(form << (works(probe) ? ": this compiler gets it right" : ": still compiled wrongly"));
  BOOST_TEST(true);
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_compiler_is_asked_about_the_short_spellings) {
  tell("co_await in a condition", awaits_in_a_condition);
  tell("co_await beside an aggregate", awaits_beside_an_aggregate);
  tell("co_await in a choice", awaits_in_a_choice);
}

}  // namespace mailtree::loop
