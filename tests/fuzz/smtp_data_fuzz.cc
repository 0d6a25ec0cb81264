// SPDX-License-Identifier: Apache-2.0
// The data phase. The first octet picks how the input is cut; a cut must change nothing. Properties: the end is exactly
// the first CRLF.CRLF, reader and writer are inverse for clean content, the writer never lets a bare CR or LF out.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "smtp/content_inspector.h"
#include "smtp/data_reader.h"
#include "smtp/header_editor.h"

using namespace mailtree::smtp;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

std::string read(std::string_view wire, std::size_t piece, std::size_t& used, bool& done) {
  DataReader reader;
  std::string out;
  used = 0;
  while (used < wire.size() && !reader.done()) used += reader.feed(wire.substr(used, piece), out);
  done = reader.done();
  return out;
}

std::string write(std::string_view content, std::size_t piece) {
  DataWriter writer;
  std::string out;
  for (std::size_t at = 0; at < content.size(); at += piece) writer.feed(content.substr(at, piece), out);
  writer.finish(out);
  return out;
}

ContentFacts inspect(std::string_view content, std::size_t piece) {
  ContentInspector inspector;
  for (std::size_t at = 0; at < content.size(); at += piece) inspector.feed(content.substr(at, piece));
  return inspector.finish();
}

std::string edit(std::string_view content, std::size_t piece) {
  HeaderEditor editor({"date", "<id>", ""});
  std::string out;
  for (std::size_t at = 0; at < content.size(); at += piece) editor.feed(content.substr(at, piece), out);
  editor.finish(out);
  return out;
}

void check_reader(std::string_view wire, std::size_t piece) {
  std::size_t used = 0, used_whole = 0;
  bool done = false, done_whole = false;
  const std::string content = read(wire, piece, used, done);
  require(content == read(wire, wire.size() + 1, used_whole, done_whole) && used == used_whole && done == done_whole);
  const std::string framed = "\r\n" + std::string(wire);
  const std::size_t end = framed.find("\r\n.\r\n");
  require(done == (end != std::string::npos));
  require(used == (done ? end + 3 : wire.size()));
  require(content.size() <= used);
}

void check_writer(std::string_view content, std::size_t piece) {
  const ContentFacts facts = inspect(content, piece);
  const ContentFacts whole = inspect(content, content.size() + 1);
  require(facts.bare_cr == whole.bare_cr && facts.bare_lf == whole.bare_lf && facts.nul == whole.nul);
  require(facts.header_octets == whole.header_octets && facts.received_fields == whole.received_fields);
  const std::string wire = write(content, piece);
  require(wire == write(content, content.size() + 1));
  const ContentFacts sent = inspect(wire, piece);
  require(!sent.bare_cr && !sent.bare_lf && sent.ends_with_crlf);
  std::size_t used = 0;
  bool done = false;
  const std::string back = read(wire, piece, used, done);
  require(done && used == wire.size());
  if (!facts.bare_cr && !facts.bare_lf && facts.ends_with_crlf) require(back == content);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t piece = data[0] % 16 + 1;
  check_reader(input, piece);
  check_writer(input, piece);
  require(edit(input, piece) == edit(input, input.size() + 1));
  return 0;
}
