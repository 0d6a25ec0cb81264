// SPDX-License-Identifier: Apache-2.0
#include "mime/address.h"

#include "base/ascii.h"
#include "mime/lexer.h"
#include "mime/limits.h"

namespace mailtree::mime {
namespace {

constexpr std::string_view specials = "()<>@,;:\"[]";  // '.' and '\' stay in atoms, as senders write them there

// Words in front of a special: as a phrase (one blank where there were blanks) and as a local part (no blanks).
struct Words {
  std::string phrase;
  std::string local;
};

class AddressParser {
 public:
  explicit AddressParser(std::string_view value) : lexer_(value) {}

  std::vector<Address> run() {
    while (out_.size() < max_addresses) {
      lexer_.skip_blanks();
      if (lexer_.at_end()) break;
      if (lexer_.accept(',')) {
        lexer_.take_comment();
      } else if (lexer_.accept(';')) {
        end_group();
      } else {
        address();
      }
    }
    end_group();
    return std::move(out_);
  }

 private:
  void end_group() {
    lexer_.take_comment();
    if (!in_group_) return;
    in_group_ = false;
    out_.push_back({Address::Kind::group_end, {}, {}, {}, {}});
  }

  Words words() {
    Words out;
    bool blank = false;
    while (!lexer_.at_end()) {
      std::string word;
      const char c = lexer_.peek();
      if (c == '"')
        word = lexer_.quoted_string();
      else if (c == '[')
        word = lexer_.literal();
      else if (specials.find(c) == std::string_view::npos)
        word = std::string(lexer_.run(specials));
      else
        break;
      if (blank) out.phrase += ' ';
      out.phrase += word;
      out.local += word;
      blank = lexer_.skip_blanks();
    }
    return out;
  }

  // RFC 5322 4.4 allows blanks and comments around the dots.
  std::string domain() {
    std::string out;
    lexer_.skip_blanks();
    while (!lexer_.at_end()) {
      const char c = lexer_.peek();
      if (c == '[')
        out += lexer_.literal();
      else if (c != ')' && c != ']' && specials.find(c) != std::string_view::npos)
        break;
      else if (c == ')' || c == ']')
        lexer_.skip();
      else
        out += lexer_.run(specials);
      if (lexer_.skip_blanks() && lexer_.peek() != '.' && !out.ends_with('.')) break;
    }
    return out;
  }

  // One list member. Always moves on: skip_to_separator() steps over whatever cannot start an address.
  void address() {
    Words found = words();
    Address address;
    if (lexer_.peek() == ':') {
      lexer_.skip();
      begin_group(std::move(found.phrase));
      return;
    }
    if (lexer_.peek() == '@') {
      lexer_.skip();
      address.mailbox = std::move(found.local);
      address.host = domain();
      if (lexer_.peek() == '<') {  // an unquoted address as display name
        found.phrase = address.mailbox + '@' + address.host;
        address = {};
      }
    } else if (lexer_.peek() != '<') {
      address.mailbox = std::move(found.phrase);
    }
    if (lexer_.accept('<')) {
      address.name = std::move(found.phrase);
      angle(address);
    }
    skip_to_separator();
    std::string comment = lexer_.take_comment();
    if (address.name.empty()) address.name = std::move(comment);
    if (!address.name.empty() || !address.mailbox.empty() || !address.host.empty()) out_.push_back(std::move(address));
  }

  void begin_group(std::string name) {
    lexer_.take_comment();
    if (in_group_ || name.empty()) return;  // groups do not nest: what looks like one is passed over
    in_group_ = true;
    Address begin;
    begin.kind = Address::Kind::group_begin;
    begin.name = std::move(name);
    out_.push_back(std::move(begin));
  }

  // Behind '<': [route ":"] local ["@" domain] ">"
  void angle(Address& address) {
    lexer_.skip_blanks();
    while (lexer_.peek() == '@' || (lexer_.peek() == ',' && !address.route.empty())) {
      if (!lexer_.accept(',')) {
        lexer_.skip();
        if (!address.route.empty()) address.route += ',';
        address.route += '@' + domain();
      }
      lexer_.skip_blanks();
    }
    if (!address.route.empty()) lexer_.accept(':');
    lexer_.skip_blanks();
    address.mailbox = words().local;
    if (lexer_.accept('@')) address.host = domain();
    skip_to('>');
    lexer_.accept('>');
  }

  // Leaves rubbish behind, but never an address that follows a comma.
  void skip_to(char end) {
    while (true) {
      lexer_.skip_blanks();
      if (lexer_.at_end() || lexer_.peek() == end || lexer_.peek() == ',' || lexer_.peek() == ';') return;
      if (lexer_.peek() == '"')
        lexer_.quoted_string();
      else if (lexer_.run("\"(,;>").empty())
        lexer_.skip();
    }
  }
  void skip_to_separator() { skip_to(','); }

  Lexer lexer_;
  std::vector<Address> out_;
  bool in_group_ = false;
};

bool is_dot_atom(std::string_view text) {
  constexpr std::string_view atext = "!#$%&'*+-/=?^_`{|}~";
  if (text.empty() || text.front() == '.' || text.back() == '.' || text.find("..") != std::string_view::npos)
    return false;
  for (const char c : text)
    if (c != '.' && !ascii::is_alpha(c) && !ascii::is_digit(c) && !ascii::is_8bit(c) &&
        atext.find(c) == std::string_view::npos)
      return false;
  return true;
}

}  // namespace

std::vector<Address> parse_addresses(std::string_view value) {
  return AddressParser(value).run();
}

std::string format_address(const Address& address) {
  std::string out;
  if (is_dot_atom(address.mailbox)) {
    out = address.mailbox;
  } else {
    out = '"';
    for (const char c : address.mailbox) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
  if (!address.host.empty()) out += '@' + address.host;
  return out;
}

}  // namespace mailtree::mime
