// SPDX-License-Identifier: Apache-2.0
#include "migration/import.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <set>
#include <unordered_map>
#include <utility>

#include "migration/class_rules.h"
#include "migration/ldif_reader.h"
#include "migration/line_rules.h"
#include "migration/overview.h"

namespace mailtree::migration {
namespace {

// An entry between the passes.
struct Record {
  std::string key;
  std::size_t depth = 0, file = 0, line = 0;
  LdifReader::Place place;
  bool holds_others = false;  // entries of the export lie beneath it
};

class Import {
 public:
  Import(const ImportOptions& options, const SchemaTable& schema, Target& target, Report& report)
      : options_(options), schema_(schema), target_(target), report_(report), plan_(schema, options.dropped) {}

  Result<void> run() {
    for (std::size_t file = 0; file < options_.files.size(); ++file)
      if (auto done = look_at(file); !done) return done;
    const auto exists = [this](const std::string& key) { return by_key_.count(key) != 0; };
    if (auto decided = plan_.decide(options_.domains, exists); !decided) return decided;
    relate();
    std::stable_sort(order_.begin(), order_.end(),
                     [this](std::size_t a, std::size_t b) { return records_[a].depth < records_[b].depth; });
    for (const std::size_t number : order_)
      if (auto done = load(records_[number]); !done) return done;
    overview_.tell(report_);
    for (const auto& [domain, users] : plan_.homeless())
      note(std::to_string(users) + " users have addresses in " + domain +
           ", which no entry names: they get no mail under it (--domain NAME=DN names one)");
    return target_.finish();
  }

 private:
  Result<std::ifstream*> open(std::size_t file);
  Result<void> look_at(std::size_t file);
  void look_at(Entry entry, std::size_t file, const LdifReader::Place& place);
  void refuse(const std::string& dn, std::size_t line, std::string reason);
  void relate();
  void find_scaffold(const std::set<std::string>& above_nodes);
  Result<void> load(const Record& record);
  [[nodiscard]] std::optional<std::string> missing_parent(const Dn& dn) const;
  void note(std::string text) { report_.tell({Act::note, "", 0, "", std::move(text), ""}); }
  Result<void> land(const Entry& entry, const Dn& written, Telling& told);

  const ImportOptions& options_;
  const SchemaTable& schema_;
  Target& target_;
  Report& report_;
  DomainPlan plan_;
  std::vector<Record> records_;
  std::vector<std::size_t> order_;
  std::unordered_map<std::string, std::size_t> by_key_;
  std::set<std::string> scaffold_;  // keys of entries that only held the tree of labels
  std::set<std::string> lost_;      // keys of entries that were left out: nothing can lie beneath
  Overview overview_;
  std::size_t open_file_ = 0;
  std::unique_ptr<std::ifstream> stream_;
  std::unique_ptr<LdifReader> reader_;
};

Result<std::ifstream*> Import::open(std::size_t file) {
  if (stream_ != nullptr && open_file_ == file) return stream_.get();
  stream_ = std::make_unique<std::ifstream>(options_.files[file], std::ios::binary);
  if (!*stream_ || stream_->peek() == std::ifstream::traits_type::eof()) {
    const std::string why = *stream_ || stream_->eof() ? "the file is empty" : std::strerror(errno);
    return Error::permanent(Condition::storage, "", options_.files[file] + ": " + why);
  }
  reader_ = std::make_unique<LdifReader>(*stream_);
  open_file_ = file;
  return stream_.get();
}

void Import::refuse(const std::string& dn, std::size_t line, std::string reason) {
  report_.tell({Act::left_out, dn, line, "", std::move(reason), ""});
  report_.count(Act::left_out);
}

Result<void> Import::look_at(std::size_t file) {
  if (auto opened = open(file); !opened) return opened.error();
  report_.set_file(options_.files[file], options_.files.size() > 1);
  while (auto record = reader_->next()) {
    report_.count_read();
    if (const auto* const problem = std::get_if<LdifProblem>(&*record)) {
      refuse(problem->dn, problem->line, problem->reason);
      continue;
    }
    auto& found = std::get<LdifEntry>(*record);
    auto dn = Dn::parse(found.dn);
    if (!dn) {
      refuse(found.dn, found.line, "no distinguished name");
      continue;
    }
    look_at(Entry{std::move(*dn), found.line, std::move(found.lines)}, file, reader_->place());
  }
  return {};
}

void Import::look_at(Entry entry, std::size_t file, const LdifReader::Place& place) {
  if (auto reason = reason_to_skip(entry)) {
    report_.tell({Act::merged, entry.dn.text(), entry.line, "", "not for this directory: " + *reason, ""});
    report_.count(Act::merged);
    return;
  }
  Record record{entry.dn.key(), entry.dn.depth(), file, entry.line, place, false};
  const auto [same, is_new] = by_key_.emplace(record.key, records_.size());
  if (!is_new) {
    const Record& other = records_[same->second];
    refuse(entry.dn.text(), entry.line,
           "an entry of this name stands in " + options_.files[other.file] + ", line " + std::to_string(other.line));
    return;
  }
  const std::string where = entry.dn.text() + ", " + options_.files[file] + " line " + std::to_string(entry.line);
  plan_.see(entry, where, report_);
  order_.push_back(records_.size());
  records_.push_back(std::move(record));
}

std::string parent_key(const std::string& key) {
  // Keys hold no comma but those between steps and escaped ones.
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (key[i] == '\\')
      ++i;
    else if (key[i] == ',')
      return key.substr(i + 1);
  }
  return "";
}

void Import::relate() {
  std::set<std::string> above_nodes;
  for (const Record& record : records_) {
    const auto parent = by_key_.find(parent_key(record.key));
    if (parent != by_key_.end()) records_[parent->second].holds_others = true;
  }
  for (const auto& [key, fate] : plan_.fates())
    for (std::string above = parent_key(key); !above.empty(); above = parent_key(above)) above_nodes.insert(above);
  find_scaffold(above_nodes);
}

// dc=com,o=internet and o=internet: with the nodes of the domains gone nothing is beneath them.
void Import::find_scaffold(const std::set<std::string>& above_nodes) {
  std::set<std::string> needed;
  for (const Record& record : records_) {
    if (plan_.fate_of(record.key) != nullptr) continue;
    if (above_nodes.count(record.key) != 0 && !plan_.is_top_of_domain(record.key)) continue;
    for (std::string above = record.key; !above.empty() && needed.insert(above).second;) above = parent_key(above);
  }
  for (const std::string& key : above_nodes)
    if (needed.count(key) == 0 && by_key_.count(key) != 0) scaffold_.insert(key);
}

// An entry whose place is missing although places above it are in the export.
std::optional<std::string> Import::missing_parent(const Dn& dn) const {
  const Dn parent = dn.parent();
  if (lost_.count(parent.key()) != 0) return "its place " + parent.text() + " was left out";
  if (target_.has_entries() || by_key_.count(parent.key()) != 0) return std::nullopt;
  for (Dn above = parent.parent(); above.depth() > 0; above = above.parent())
    if (by_key_.count(above.key()) != 0) return "its place " + parent.text() + " is not in the files";
  return std::nullopt;
}

Result<void> Import::load(const Record& record) {
  if (auto opened = open(record.file); !opened) return opened.error();
  report_.set_file(options_.files[record.file], options_.files.size() > 1);
  reader_->go_to(record.place);
  auto read = reader_->next();
  auto* const found = read ? std::get_if<LdifEntry>(&*read) : nullptr;
  auto dn = found == nullptr ? std::nullopt : Dn::parse(found->dn);
  if (!dn || dn->key() != record.key)
    return Error::permanent(Condition::damaged, "", options_.files[record.file] + " was changed meanwhile");
  Entry entry{std::move(*dn), record.line, std::move(found->lines)};
  const Dn written = entry.dn;
  Telling told(report_, written.text(), record.line);
  if (const DomainPlan::Fate* const fate = plan_.fate_of(record.key); fate != nullptr) {
    told.about_entry(fate->act, fate->reason);
    report_.count(fate->act);
    if (fate->act == Act::left_out) lost_.insert(record.key);
    return {};
  }
  if (scaffold_.count(record.key) != 0) {
    told.about_entry(Act::merged, "it only held nodes of domains");
    report_.count(Act::merged);
    return {};
  }
  auto reason = missing_parent(written);
  if (!reason) {
    plan_.complete(entry, told);
    drop_foreign_lines(entry, schema_, options_.dropped, told);
    fit_values(entry, schema_, options_.moves, told);
    if (options_.moves.from) entry.dn = entry.dn.moved(*options_.moves.from, *options_.moves.to);
    reason = fit_classes(entry, schema_, options_.dropped, record.holds_others, told);
  }
  if (reason) {
    told.about_entry(Act::left_out, *reason);
    report_.count(Act::left_out);
    lost_.insert(record.key);
    return {};
  }
  drop_surplus_values(entry, schema_, told);
  overview_.look_at(entry);
  return land(entry, written, told);
}

Result<void> Import::land(const Entry& entry, const Dn& written, Telling& told) {
  const auto landing = target_.put(entry);
  if (!landing) return landing.error();
  if (landing->act == Act::added) {
    report_.count_loaded(!told.changed());
    return {};
  }
  told.about_entry(landing->act, landing->detail);
  report_.count(landing->act);
  if (landing->act == Act::left_out) lost_.insert(written.key());
  return {};
}

}  // namespace

Result<void> import_ldif(const ImportOptions& options, const SchemaTable& schema, Target& target, Report& report) {
  return Import(options, schema, target, report).run();
}

}  // namespace mailtree::migration
