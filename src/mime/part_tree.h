// SPDX-License-Identifier: Apache-2.0
// Where the parts of a message are (RFC 2046). One linear pass over the octets yields a tree of byte ranges, so that
// IMAP sections are ranges of the file. What a part is (type, parameters, …) is read from its header on demand:
// content.h. Broken or excessive structure is never an error: what cannot be taken apart is one opaque text part.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "mime/header.h"

namespace mailtree::mime {

enum class PartKind : std::uint8_t {
  leaf,
  multipart,  // has one child or more
  message,    // message/rfc822: exactly one child, the embedded message, which begins where this body begins
};

constexpr std::uint32_t no_part = 0xffffffff;

// Octet counts "as stored"; each bare LF counts one octet more on the wire (IMAP and POP3 send CRLF).
// Always: header_begin <= body_begin <= body_end, and children lie inside [body_begin, body_end) of their parent, in
// order.
struct Part {
  std::uint64_t header_begin = 0;
  std::uint64_t body_begin = 0;  // behind the empty line
  std::uint64_t body_end = 0;    // before the line end that belongs to the next boundary (RFC 2046 5.1.1)
  std::uint64_t header_bare_lf = 0;
  std::uint64_t body_bare_lf = 0;
  std::uint64_t body_lines = 0;  // line ends in the body
  std::uint32_t parent = no_part;
  std::uint32_t first_child = no_part;
  std::uint32_t next_sibling = no_part;
  std::uint32_t child_count = 0;
  PartKind kind = PartKind::leaf;
  bool in_digest = false;  // RFC 2046 5.1.5: without a Content-Type it is message/rfc822

  [[nodiscard]] Range header() const { return {header_begin, body_begin}; }
  [[nodiscard]] Range body() const { return {body_begin, body_end}; }
  [[nodiscard]] std::uint64_t header_octets() const {
    return body_begin - header_begin + header_bare_lf;
  }                                                                                                 // on the wire
  [[nodiscard]] std::uint64_t body_octets() const { return body_end - body_begin + body_bare_lf; }  // on the wire
};

// parts[0] is the message itself; every part stands behind its parent. Never empty.
struct PartTree {
  std::vector<Part> parts;
  bool truncated = false;  // a limit was met: some structure stayed opaque

  [[nodiscard]] const Part& root() const { return parts.front(); }
};

PartTree scan(std::string_view message);

// The part an IMAP section number (RFC 9051 6.4.5.1) names, e.g. {1, 2}; no_part if there is none. An empty path is the
// message itself (0). "1" of a message that is no multipart is part 0: only its body is meant then.
// HEADER and TEXT are header() and body() of part 0; <path>.HEADER and <path>.TEXT those of embedded_message(<path>);
// <path> is body(), <path>.MIME is header().
std::uint32_t find_part(const PartTree& tree, std::span<const std::uint32_t> path);

// The message inside a part of kind message; else no_part.
std::uint32_t embedded_message(const PartTree& tree, std::uint32_t part);

}  // namespace mailtree::mime
