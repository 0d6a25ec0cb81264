// SPDX-License-Identifier: Apache-2.0
// Folder names and directories.
#include "store/daemon/folder_names.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"

namespace mailtree::store {
namespace {

constexpr std::size_t max_directory_octets = 200;

Error bad_name(const char* why) {
  return Error::permanent(Condition::cannot, std::string("Invalid mailbox name: ") + why);
}

// Length of the UTF-8 sequence at the beginning of `text`, 0 if there is none (RFC 3629).
std::size_t utf8_length(std::string_view text) {
  const auto at = [&text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned lead = at(0);
  const std::size_t length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead >= 0x80 && (lead < 0xc2 || lead > 0xf4)) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xc0U) != 0x80) return 0;
  }
  const bool overlong = (lead == 0xe0 && at(1) < 0xa0) || (lead == 0xf0 && at(1) < 0x90);
  const bool surrogate = lead == 0xed && at(1) > 0x9f;
  const bool beyond = lead == 0xf4 && at(1) > 0x8f;
  return overlong || surrogate || beyond ? 0 : length;
}

// Of the controls above ASCII and the separators of lines and paragraphs: RFC 9051 section 5.1 has no names with them.
bool has_control(std::string_view text) {
  if (std::any_of(text.begin(), text.end(), ascii::is_control)) return true;
  for (std::size_t at = text.find('\xc2'); at != std::string_view::npos; at = text.find('\xc2', at + 1)) {
    if (static_cast<unsigned char>(text[at + 1]) < 0xa0) return true;  // U+0080 to U+009F
  }
  return text.find("\u2028") != std::string_view::npos || text.find("\u2029") != std::string_view::npos;
}

// Whether ".<name with dots>" is a directory name that means the same to other Maildir programs.
bool is_plain(std::string_view name) {
  for (const char c : name) {
    const bool good =
        ascii::is_alpha(c) || ascii::is_digit(c) || std::string_view(" -_+=@!()#,").find(c) != std::string_view::npos;
    if (!good && c != hierarchy_separator) return false;
  }
  return !name.empty() && name.front() != '#' && name.size() <= max_directory_octets;
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

Result<std::string> folder_name(std::string_view wanted) {
  if (wanted.empty()) return bad_name("empty");
  if (wanted.size() > max_folder_name_octets) return bad_name("too long");
  if (!is_utf8(wanted)) return bad_name("not UTF-8");
  if (has_control(wanted)) return bad_name("control character");
  const auto depth = std::count(wanted.begin(), wanted.end(), hierarchy_separator) + 1;
  if (static_cast<std::size_t>(depth) > max_folder_depth) return bad_name("too deep");
  if (wanted.front() == hierarchy_separator || wanted.back() == hierarchy_separator ||
      wanted.find("//") != std::string_view::npos) {
    return bad_name("empty level");
  }
  // Safe here, but copies that programs make under these names would leave their folder.
  const std::string levels = hierarchy_separator + std::string(wanted) + hierarchy_separator;
  if (levels.find("/./") != std::string::npos || levels.find("/../") != std::string::npos) return bad_name("dots");
  std::string name(wanted);
  const std::size_t first = std::min(name.find(hierarchy_separator), name.size());
  if (ascii::equal(std::string_view(name).substr(0, first), "INBOX")) name.replace(0, first, "INBOX");
  return name;
}

Result<std::string> new_directory(const AccountState& state, FolderId id, const std::string& name,
                                  const std::function<Result<bool>(const std::string&)>& exists) {
  const std::string base = std::string(inbox_directory) + "/.";
  if (is_plain(name)) {
    std::string directory = base + name;
    std::replace(directory.begin() + static_cast<std::ptrdiff_t>(base.size()), directory.end(), hierarchy_separator,
                 '.');
    const auto same = [&directory](const auto& entry) { return entry.second.directory == directory; };
    const bool used = std::any_of(state.folders.begin(), state.folders.end(), same) || state.doomed.contains(directory);
    const Result<bool> there = used ? Result<bool>(true) : exists(directory);
    if (!there) return there.error();
    if (!*there) return directory;
  }
  std::string directory = base + "#" + std::to_string(id);
  for (;;) {
    const Result<bool> there = exists(directory);
    if (!there) return there.error();
    if (!*there) return directory;
    directory += "x";  // a leftover; numbers themselves are never used twice
  }
}

std::string name_of_directory(std::string_view directory) {
  std::string name(directory.substr(std::min<std::size_t>(1, directory.size())));
  std::replace(name.begin(), name.end(), '.', hierarchy_separator);
  const Result<std::string> legal = folder_name(name);
  if (legal) return *legal;
  std::string safe = "Recovered";
  for (const char c : name) safe.push_back(ascii::is_alpha(c) || ascii::is_digit(c) ? c : '-');
  return safe.substr(0, max_directory_octets);
}

std::uint8_t special_use_of(std::string_view name) {
  if (name == "Sent") return special_use::sent;
  if (name == "Drafts") return special_use::drafts;
  if (name == "Trash") return special_use::trash;
  if (name == "Junk") return special_use::junk;
  return special_use::none;
}

}  // namespace mailtree::store
