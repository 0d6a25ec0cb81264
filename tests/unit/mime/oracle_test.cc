// SPDX-License-Identifier: Apache-2.0
// GMime as a second opinion: the same leaves with the same types and decoded contents, for the sample messages.
#include <gmime/gmime.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "base/ascii.h"
#include "corpus.h"
#include "mime/content.h"
#include "mime/line_ends.h"
#include "mime/transfer_encoding.h"

using namespace mailtree::mime;
using mailtree::mime::testing::corpus;
using mailtree::mime::testing::Sample;

namespace {

struct Leaf {
  std::string type;
  std::string octets;
};

void collect(GMimeObject* object, std::vector<Leaf>& out) {
  if (GMIME_IS_MULTIPART(object)) {
    const int count = g_mime_multipart_get_count(GMIME_MULTIPART(object));
    for (int i = 0; i < count; ++i) collect(g_mime_multipart_get_part(GMIME_MULTIPART(object), i), out);
  } else if (GMIME_IS_MESSAGE_PART(object)) {
    GMimeMessage* inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));
    if (inner != nullptr && inner->mime_part != nullptr) collect(inner->mime_part, out);
  } else if (GMIME_IS_PART(object)) {
    Leaf leaf;
    GMimeContentType* type = g_mime_object_get_content_type(object);
    leaf.type =
        std::string(g_mime_content_type_get_media_type(type)) + "/" + g_mime_content_type_get_media_subtype(type);
    GMimeDataWrapper* content = g_mime_part_get_content(GMIME_PART(object));
    GMimeStream* memory = g_mime_stream_mem_new();
    if (content != nullptr) g_mime_data_wrapper_write_to_stream(content, memory);
    const GByteArray* bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(memory));
    leaf.octets.assign(reinterpret_cast<const char*>(bytes->data), bytes->len);
    g_object_unref(memory);
    out.push_back(std::move(leaf));
  }
}

std::vector<Leaf> leaves_of_gmime(const std::string& text) {
  GMimeStream* stream = g_mime_stream_mem_new_with_buffer(text.data(), text.size());
  GMimeParser* parser = g_mime_parser_new_with_stream(stream);
  GMimeMessage* message = g_mime_parser_construct_message(parser, nullptr);
  std::vector<Leaf> out;
  if (message != nullptr && message->mime_part != nullptr) collect(message->mime_part, out);
  if (message != nullptr) g_object_unref(message);
  g_object_unref(parser);
  g_object_unref(stream);
  return out;
}

std::vector<Leaf> leaves_of_ours(const std::string& text) {
  std::vector<Leaf> out;
  const PartTree tree = scan(text);
  for (const Part& part : tree.parts) {
    if (part.kind != PartKind::leaf) continue;
    const Content content = describe(text, part);
    const auto encoding = transfer_encoding(content.encoding).value_or(TransferEncoding::identity);
    const std::string_view body = std::string_view(text).substr(part.body_begin, part.body().size());
    out.push_back({content.type + "/" + content.subtype, decode_transfer(body, encoding, text.size())});
  }
  return out;
}

bool holds(const std::vector<std::string>& names, const Sample& sample) {
  return std::find(names.begin(), names.end(), sample.name.substr(0, sample.name.find(' '))) != names.end();
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_second_parser_finds_the_same_leaves) {
  // Where the two are known to differ: a type without subtype (14), multiparts that hold no part (17, 25, 31, 41, 42),
  // no header (19), empty parts (37), boundaries of other levels with blanks behind them (38).
  const std::vector<std::string> excepted = {"msg_14.txt", "msg_17.txt", "msg_19.txt", "msg_25.txt", "msg_31.txt",
                                             "msg_37.txt", "msg_38.txt", "msg_41.txt", "msg_42.txt"};
  // Blanks at line ends in quoted-printable (RFC 2045 6.7 (3) drops them), base64 cut off within its last quantum.
  const std::vector<std::string> excepted_octets = {"msg_15.txt", "msg_39.txt"};
  g_mime_init();
  for (const Sample& sample : corpus()) {
    if (holds(excepted, sample)) continue;
    const std::vector<Leaf> theirs = leaves_of_gmime(sample.text);
    const std::vector<Leaf> ours = leaves_of_ours(sample.text);
    BOOST_TEST(theirs.size() == ours.size(), sample.name);
    for (std::size_t i = 0; i < std::min(theirs.size(), ours.size()); ++i) {
      BOOST_TEST(mailtree::ascii::equal(theirs[i].type, ours[i].type), sample.name << " leaf " << i);
      if (holds(excepted_octets, sample)) continue;
      BOOST_TEST(to_crlf(theirs[i].octets) == to_crlf(ours[i].octets), sample.name << " leaf " << i);
    }
  }
  g_mime_shutdown();
}
