// SPDX-License-Identifier: Apache-2.0
// Prints mailtree.toml(5) from the declaration, in mdoc(7). man/mailtree.toml.5 is its output; a unit test compares.
#include <algorithm>

#include "config/declaration.h"
#include "config/reader.h"

namespace mailtree::config {
namespace {

constexpr std::string_view head = R"(.\" SPDX-License-Identifier: Apache-2.0
.\" Made by "mailtree config manual": change src/config/declaration.cc instead.
.Dd November 22, 2026
.Dt MAILTREE.TOML 5
.Os
.Sh NAME
.Nm mailtree.toml
.Nd configuration of the mailtree mail server
.Sh DESCRIPTION
One TOML file has all settings of the server.
An unknown name or a wrong value is an error that names file and line;
.Ic mailtree config check
finds them without starting anything.
Every setting has a default and may be left out, but for one partition.
)";

constexpr std::string_view partitions = R"(.Ss [partitions.NAME]
One section for each place where mail is stored; NAME is 1 to 24 letters,
digits,
.Sq -
and
.Sq _ .
New accounts whose entry names no partition go to the one called
.Li default ,
or to the first.
.Bl -tag -width Ds
)";

constexpr std::string_view tail = R"(.Pp
An index that was ruined is kept in the index directory as
.Pa *.aside-N ,
at most two; they may be deleted.
.Pp
A partition that was put back from a backup is noticed by what index directory
and run directory know of it, and clients are made to load again what may be
older than they saw.
Where both were lost, or the partition came to another machine, make an empty
file
.Pa restored
in it before the server starts.
.Pp
A partition on a file system that several machines share is served by the one
that opened it last.
The other one answers with temporary failures until it is restarted, which takes
the partition back.
.Sh FILES
.Bl -tag -width Ds
.It Pa /etc/mailtree/mailtree.toml
the default place
.El
.Sh SEE ALSO
.Xr mailtree 1 ,
.Xr mailtreed 8
)";

std::string_view area_of(std::string_view key) {
  const std::size_t dot = key.find('.');
  return dot == std::string_view::npos ? std::string_view{} : key.substr(0, dot);
}

// Text in mdoc: a backslash starts an escape, a quote groups words, and no line may begin with a control character.
std::string safe(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\\') {
      result += "\\e";
    } else if (c == '"') {
      result += "\\(dq";
    } else {
      result += c;
    }
  }
  if (!result.empty() && (result.front() == '.' || result.front() == '\'')) result.insert(0, "\\&");
  return result;
}

// Filled to 78 columns, so that the source of the page can be read as well.
std::string filled(std::string_view text) {
  constexpr std::size_t columns = 78;
  std::string result;
  std::size_t used = 0;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (used > 0 && used + 1 + word.size() > columns) {
      result += '\n';
      used = 0;
    }
    if (used > 0) result += ' ';
    result += safe(word);
    used += 1 + word.size();
  }
  return result + "\n";
}

std::string item(std::string_view name, std::string_view help, const std::string& value) {
  return ".It Li " + std::string(name) + "\n" + filled(help) + "Default:\n.Li " + safe(value) + "\n";
}

}  // namespace

std::string manual() {
  Settings defaults;
  std::string text(head);
  std::string_view area = "-";
  for (const Setting& setting : declared_settings()) {
    if (area_of(setting.key) != area) {
      if (area != "-") text += ".El\n";
      area = area_of(setting.key);
      text += area.empty() ? ".Ss Top of the file\n" : ".Ss [" + std::string(area) + "]\n";
      text += ".Bl -tag -width Ds\n";
    }
    const std::string_view name = area.empty() ? setting.key : setting.key.substr(area.size() + 1);
    text += item(name, setting.help, value_text(setting.target(defaults)));
  }
  text += ".El\n";
  text += partitions;
  for (const PartitionSetting& setting : declared_partition_settings()) {
    text += ".It Li " + std::string(setting.key) + "\n" + filled(setting.help);
  }
  text += ".El\n";
  return text + std::string(tail);
}

}  // namespace mailtree::config
