// SPDX-License-Identifier: Apache-2.0
#include "mime/part_tree.h"

#include <algorithm>
#include <string>

#include "mime/content_kind.h"
#include "mime/limits.h"

namespace mailtree::mime {
namespace {

// Line counts at a place of the text.
struct Count {
  std::uint64_t lines = 0;
  std::uint64_t bare = 0;
};

// A part whose end has not been seen; the stack of them leads from the message to the innermost part.
struct Open {
  std::uint32_t part = 0;
  std::uint32_t last_child = no_part;
  std::string boundary;  // empty: no multipart, or its closing delimiter was seen
  bool digest = false;
  bool in_header = true;
  Count at_header;
  Count at_body;
};

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  PartTree run() {
    open_part(0);
    while (position_ < text_.size()) {
      const std::size_t lf = text_.find('\n', position_);
      const std::size_t next = lf == std::string_view::npos ? text_.size() : lf + 1;
      take_line(next, lf != std::string_view::npos);
    }
    close_above(0, text_.size(), here_);
    return std::move(tree_);
  }

 private:
  void take_line(std::size_t next, bool has_lf) {
    const std::string_view line = text_.substr(position_, next - position_);
    if (boundaries_ > 0 && line.starts_with("--") && take_delimiter(line, next, has_lf)) return;
    const bool is_blank_line = line == "\n" || line == "\r\n";
    advance(next, has_lf);
    if (is_blank_line && open_.back().in_header) end_header();
  }

  void advance(std::size_t next, bool has_lf) {
    if (has_lf) {
      ++here_.lines;
      const bool bare = next < 2 || text_[next - 2] != '\r';
      if (bare) ++here_.bare;
      last_end_ = bare ? 1 : 2;
    }
    position_ = next;
  }

  void open_part(std::uint64_t begin) {
    Open open;
    open.part = static_cast<std::uint32_t>(tree_.parts.size());
    open.at_header = here_;
    Part part;
    part.header_begin = begin;
    if (!open_.empty()) {
      Open& above = open_.back();
      part.parent = above.part;
      part.in_digest = above.digest;
      Part& parent = tree_.parts[above.part];
      ++parent.child_count;
      if (above.last_child == no_part)
        parent.first_child = open.part;
      else
        tree_.parts[above.last_child].next_sibling = open.part;
      above.last_child = open.part;
    }
    tree_.parts.push_back(part);
    open_.push_back(std::move(open));
  }

  // Behind the empty line of the innermost part: what it says it is decides how its body is read.
  void end_header() {
    Open& open = open_.back();
    Part& part = tree_.parts[open.part];
    open.in_header = false;
    open.at_body = here_;
    part.body_begin = position_;
    part.header_bare_lf = here_.bare - open.at_header.bare;
    const ContentKind found =
        content_kind(text_.substr(part.header_begin, position_ - part.header_begin), part.in_digest);
    if (found.kind == PartKind::leaf) return;
    if (open_.size() >= max_depth || tree_.parts.size() >= max_parts) {
      tree_.truncated = true;
      return;
    }
    part.kind = found.kind;
    if (found.kind == PartKind::multipart) {
      open.boundary = found.boundary;
      open.digest = found.is_digest;
      ++boundaries_;
    } else {
      open_part(position_);
    }
  }

  // RFC 2046 5.1.1: "--boundary", perhaps "--", then blanks only. The innermost multipart is asked first.
  bool take_delimiter(std::string_view line, std::size_t next, bool has_lf) {
    line.remove_prefix(2);
    const std::size_t last = line.find_last_not_of(" \t\r\n");
    line = line.substr(0, last == std::string_view::npos ? 0 : last + 1);
    if (line.size() > max_boundary_bytes + 2) return false;
    for (std::size_t level = open_.size(); level-- > 0;) {
      const std::string& boundary = open_[level].boundary;
      if (boundary.empty() || !line.starts_with(boundary)) continue;
      const bool closes = line.size() == boundary.size() + 2 && line.ends_with("--");
      if (!closes && line.size() != boundary.size()) continue;
      if (!closes && tree_.parts.size() >= max_parts) {
        tree_.truncated = true;
        return false;
      }
      end_parts_at_delimiter(level);
      advance(next, has_lf);
      if (closes)
        forget_boundary(level);
      else
        open_part(position_);
      return true;
    }
    return false;
  }

  void end_parts_at_delimiter(std::size_t level) {
    Count before = here_;
    std::uint64_t end = position_;
    if (position_ > 0) {  // the line end in front belongs to the delimiter
      end -= last_end_;
      --before.lines;
      if (last_end_ == 1) --before.bare;
    }
    close_above(level + 1, end, before);
  }

  void forget_boundary(std::size_t level) {
    open_[level].boundary.clear();
    --boundaries_;
  }

  // Ends all open parts from the innermost down to open_[level]. A part that begins behind `end` (its delimiter or
  // empty line took that line end) ends where it began, which is position_; so do those around it.
  void close_above(std::size_t level, std::uint64_t end, Count at_end) {
    while (open_.size() > level) {
      const Open& open = open_.back();
      Part& part = tree_.parts[open.part];
      if ((open.in_header ? part.header_begin : part.body_begin) > end) {
        end = position_;
        at_end = here_;
      }
      if (open.in_header) {
        part.body_begin = end;
        part.header_bare_lf = at_end.bare - open.at_header.bare;
      } else {
        part.body_lines = at_end.lines - open.at_body.lines;
        part.body_bare_lf = at_end.bare - open.at_body.bare;
      }
      part.body_end = end;
      if (part.kind == PartKind::multipart && part.child_count == 0) part.kind = PartKind::leaf;
      if (!open.boundary.empty()) --boundaries_;
      open_.pop_back();
    }
  }

  std::string_view text_;
  PartTree tree_;
  std::vector<Open> open_;
  std::size_t boundaries_ = 0;  // open parts that have one
  std::size_t position_ = 0;
  std::uint64_t last_end_ = 0;  // octets of the line end in front of position_
  Count here_;
};

}  // namespace

PartTree scan(std::string_view message) {
  return Scanner(message).run();
}

std::uint32_t embedded_message(const PartTree& tree, std::uint32_t part) {
  if (part >= tree.parts.size() || tree.parts[part].kind != PartKind::message) return no_part;
  return tree.parts[part].first_child;
}

std::uint32_t find_part(const PartTree& tree, std::span<const std::uint32_t> path) {
  std::uint32_t entity = 0;  // a message or multipart whose parts the next number counts
  std::uint32_t found = 0;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (i > 0) {
      const PartKind kind = tree.parts[found].kind;
      if (kind == PartKind::leaf) return no_part;
      entity = kind == PartKind::message ? tree.parts[found].first_child : found;
    }
    if (tree.parts[entity].kind != PartKind::multipart) {
      if (path[i] != 1) return no_part;
      found = entity;
      continue;
    }
    found = tree.parts[entity].first_child;
    for (std::uint32_t number = 1; number < path[i] && found != no_part; ++number)
      found = tree.parts[found].next_sibling;
    if (found == no_part || path[i] == 0) return no_part;
  }
  return found;
}

}  // namespace mailtree::mime
