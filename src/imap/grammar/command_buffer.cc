// SPDX-License-Identifier: Apache-2.0
// Assembly of one command. RFC 7888 section 4: a non-synchronizing literal is on its way, whatever we think of it.
#include "imap/grammar/command_buffer.h"

#include "base/ascii.h"
#include "imap/grammar/decoder.h"
#include "imap/grammar/literal_header.h"

namespace mailtree::imap {
namespace {

// True if `head` is APPEND with its mailbox complete: the literal announced at its end is then the message.
bool is_append_head(std::string_view head) {
  Decoder decoder(head, Quoting::utf8);
  std::string_view word;
  std::string mailbox;
  if (!decoder.tag(word) || !decoder.space() || !decoder.atom(word) || !ascii::equal(word, "APPEND")) return false;
  return decoder.space() && decoder.astring(mailbox) && decoder.space();
}

}  // namespace

std::string_view find_tag(std::string_view line) {
  Decoder decoder(line);
  std::string_view tag;
  return decoder.tag(tag) ? tag : std::string_view{};
}

void CommandBuffer::clear() {
  if (text_.capacity() > 256) {
    std::string().swap(text_);
  } else {
    text_.clear();
  }
  tag_.clear();
  octets_ = 0;
  waits_ = refused_ = false;
}

void CommandBuffer::add_literal(std::string_view octets) {
  if (!refused_) text_.append(octets);
}

CommandBuffer::Step CommandBuffer::refuse(Error error, bool literal_follows) {
  if (!refused_) error_ = std::move(error);
  refused_ = true;
  std::string().swap(text_);
  if (!literal_follows || waits_) return Step::refused;
  // Small enough to be read past; a larger one is not worth the traffic (and may be an attack).
  return octets_ <= limits_.literal ? Step::skip : Step::lost;
}

CommandBuffer::Step CommandBuffer::begin_literal(std::string_view line) {
  if (refused_) return refuse({}, true);
  text_.append(line);
  if (limits_.messages && is_append_head(text_)) return Step::message;
  if (octets_ > limits_.literal) return refuse(Error::permanent(Condition::too_big, "Literal too large"), true);
  if (text_.size() + 2 + octets_ > limits_.total) {
    return refuse(Error::permanent(Condition::limit, "Command too large"), true);
  }
  text_.append("\r\n");
  return Step::literal;
}

CommandBuffer::Step CommandBuffer::add_line(std::string_view line) {
  if (empty()) tag_ = find_tag(line);
  LiteralHeader header;
  const LineEnd line_end = find_literal_header(line, header);
  octets_ = header.octets;
  waits_ = header.waits;
  if (line_end == LineEnd::malformed) return refuse(Error::protocol("Invalid literal"), false);
  const bool literal_follows = line_end == LineEnd::literal;
  if (line.size() > limits_.line) return refuse(Error::protocol("Line too long"), literal_follows);
  if (!refused_ && text_.size() + line.size() > limits_.total) {
    return refuse(Error::permanent(Condition::limit, "Command too large"), literal_follows);
  }
  if (literal_follows) return begin_literal(line);
  if (refused_) return Step::refused;
  text_.append(line);
  return Step::complete;
}

}  // namespace mailtree::imap
