// SPDX-License-Identifier: Apache-2.0
// M02 to M05, M09: twice the input may cost about twice the work, for each known way to hurt a parser. Work is counted
// in instructions where the kernel lets us, else in processor time of this thread, the least of several runs.
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>

#include "base/unique_fd.h"
#include "mime/address.h"
#include "mime/content.h"
#include "mime/encoded_word.h"
#include "mime/envelope.h"
#include "mime/transfer_encoding.h"

using namespace mailtree::mime;

namespace {

mailtree::UniqueFd instruction_counter() {
  perf_event_attr attributes;
  std::memset(&attributes, 0, sizeof attributes);
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_HARDWARE;
  attributes.config = PERF_COUNT_HW_INSTRUCTIONS;
  attributes.exclude_kernel = 1;
  return mailtree::UniqueFd(static_cast<int>(::syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0)));
}

std::uint64_t work_so_far(int counter) {
  std::uint64_t value = 0;
  if (counter >= 0 && ::read(counter, &value, sizeof value) == sizeof value) return value;
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1000000000U + static_cast<std::uint64_t>(now.tv_nsec);
}

using Make = std::function<std::string(std::size_t count)>;
using Use = std::function<void(const std::string&)>;

std::uint64_t least_work(const std::string& input, const Use& use) {
  static const mailtree::UniqueFd counter = instruction_counter();
  std::uint64_t least = UINT64_MAX;
  for (int i = 0; i < 5; ++i) {
    const std::uint64_t before = work_so_far(counter.get());
    use(input);
    least = std::min(least, work_so_far(counter.get()) - before);
  }
  return least;
}

void check_linear(const char* name, const Make& make, const Use& use) {
  constexpr std::size_t count = 5000;
  const std::uint64_t once = least_work(make(count), use);
  const std::uint64_t four_times = least_work(make(4 * count), use);
  BOOST_TEST(four_times < 9 * once, name << ": " << once << " then " << four_times);  // quadratic would be 16
}

std::string repeated(std::string_view text, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += text;
  return out;
}

void scan_and_describe(const std::string& text) {
  const PartTree tree = scan(text);
  for (const Part& part : tree.parts) describe(text, part);
}

}  // namespace

BOOST_AUTO_TEST_CASE(scanning_is_linear) {
  const std::string mixed = "Content-Type: multipart/mixed; boundary=a\n\n";
  check_linear(
      "many parts", [&](std::size_t n) { return mixed + repeated("--a\n\nx\n", n); }, scan_and_describe);
  check_linear(
      "many near boundaries", [&](std::size_t n) { return mixed + repeated("--ab\n", n); }, scan_and_describe);
  check_linear(
      "blank line ends", [&](std::size_t n) { return mixed + repeated("--          \n", n); }, scan_and_describe);
  check_linear(
      "nested", [](std::size_t n) { return repeated("Content-Type: multipart/mixed; boundary=a\n\n--a\n", n); },
      scan_and_describe);
  check_linear(
      "messages", [](std::size_t n) { return repeated("Content-Type: message/rfc822\n\n", n); }, scan_and_describe);
  check_linear(
      "one line", [&](std::size_t n) { return mixed + "--" + repeated("a ", n); }, scan_and_describe);
}

BOOST_AUTO_TEST_CASE(headers_are_read_in_linear_time) {
  const auto envelope = [](const std::string& text) { read_envelope(text); };
  check_linear(
      "many fields", [](std::size_t n) { return repeated("X: y\n", n); }, envelope);
  check_linear(
      "many To fields", [](std::size_t n) { return repeated("To: a@b\n", n); }, envelope);
  check_linear(
      "long field", [](std::size_t n) { return "Subject: " + repeated("x\n ", n); }, envelope);
  check_linear(
      "no colon", [](std::size_t n) { return repeated("xxxx\n", n); }, envelope);
  const auto select = [](const std::string& text) { select_fields(text, {"to", "from", "cc"}, false); };
  check_linear(
      "selection", [](std::size_t n) { return repeated("X: y\nTo: z\n", n); }, select);
}

BOOST_AUTO_TEST_CASE(values_are_read_in_linear_time) {
  const auto addresses = [](const std::string& text) { parse_addresses(text); };
  for (const char* unit : {"a@b,", "(", "<", "\"", "a:", "a:;", "@a,", "<@a,", "\\", ")", "a ", "(x)", "[", "a<b"})
    check_linear(
        unit, [unit](std::size_t n) { return repeated(unit, n); }, addresses);
  const auto parameters = [](const std::string& text) { decoded_parameter(parse_parameterized(text).parameters, "n"); };
  for (const char* unit : {";n*0=x", ";", ";a", "\"", "(", ";n*0*=%41", " x", ";=", "'"})
    check_linear(
        unit, [unit](std::size_t n) { return "a/b;" + repeated(unit, n); }, parameters);
  const auto words = [](const std::string& text) { decode_text(text); };
  for (const char* unit : {"=?", "=?a?", "=?a?q?", "=?utf-8?q?a?=", "=?utf-8?q?a?= ", "=?x?b?YQ==?= ", "?="})
    check_linear(
        unit, [unit](std::size_t n) { return repeated(unit, n); }, words);
}

BOOST_AUTO_TEST_CASE(bodies_are_decoded_in_linear_time) {
  for (const char* unit : {"=", " ", "= ", "=\r", "=4", "\t\n"}) {
    const auto decode = [](const std::string& text) {
      decode_transfer(text, TransferEncoding::quoted_printable, 1U << 30);
    };
    check_linear(
        unit, [unit](std::size_t n) { return repeated(unit, n); }, decode);
  }
}
