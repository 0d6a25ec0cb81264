# SPDX-License-Identifier: Apache-2.0
"""Twelve ways to break the promise of the store. A patch: (file, old text, new text); the old text is there once."""
import os

from scratch import STORE


class Mutant:
    def __init__(self, name, breaks, *edits):
        self.name, self.breaks, self.edits = name, breaks, edits


ACCOUNT = os.path.join(STORE, "account.cc")
NAMES = os.path.join(STORE, "account_names.cc")
LOG_FILE = os.path.join(STORE, "log_file.cc")
SCAN = os.path.join(STORE, "scan.cc")

NAMED = [
    Mutant(
        "append-before-rename-is-durable",
        "records go to a rewritten log whose name a power cut may take back",
        (LOG_FILE,
         "  const Result<void> settled = disk.sync_directory(directory);\n"
         "  if (!settled) return settled.error();\n"
         "  return log;\n",
         "  return log;\n")),
    Mutant(
        "torn-tail-kept",
        "the next record stands behind an unfinished one, where no reader finds it",
        (LOG_FILE,
         "    const Result<void> cut = disk.truncate(file->get(), scan.good_octets);\n",
         "    loaded.log.position_.octets = octets->size();\n"
         "    const Result<void> cut;\n")),
    Mutant(
        "rewritten-log-unsynced",
        "a new log gets the name before its octets are on the disk",
        (LOG_FILE,
         "  const Result<void> synced = disk.sync_data(log.file_.get());\n",
         "  const Result<void> synced;\n")),
    Mutant(
        "record-before-names",
        "the record speaks of files that are not there yet",
        (ACCOUNT,
         "  if (!plan.actions.empty()) {\n    const Result<void> done = work_on_files(",
         "  const auto names = [&]() -> Result<void> {\n    const Result<void> done = work_on_files("),
        (ACCOUNT,
         "  }\n  if (std::all_of(plan.entries.begin(), plan.entries.end(), is_soft)) {\n"
         "    soft_.insert(soft_.end(), plan.entries.begin(), plan.entries.end());\n"
         "    return {};\n",
         "    return {};\n  };\n  if (std::all_of(plan.entries.begin(), plan.entries.end(), is_soft)) {\n"
         "    soft_.insert(soft_.end(), plan.entries.begin(), plan.entries.end());\n"
         "    return names();\n"),
        (ACCOUNT,
         "    return recorded;\n  }\n  soft_.clear();\n  return check_seen();\n",
         "    return recorded;\n  }\n  soft_.clear();\n  const Result<void> named = names();\n"
         "  return named ? check_seen() : named;\n")),
    Mutant(
        "unlink-before-record",
        "an EXPUNGE that is not recorded has taken the files already",
        (ACCOUNT,
         "  const LogPosition before = loaded_->log.position();\n",
         "  for (const CleanUp& item : plan.clean_ups) static_cast<void>(work->remove(item));\n"
         "  const LogPosition before = loaded_->log.position();\n")),
    Mutant(
        "publish-before-sync",
        "sessions see what a power cut takes back",
        (ACCOUNT,
         "  if (done) done = carry_out(plan, may_use_ballast);\n",
         "  if (done) publish(plan.entries, true);\n"
         "  if (done) done = carry_out(plan, may_use_ballast);\n")),
    Mutant(
        "tail-replayed-unsynced",
        "after a kill a record counts that is in memory only",
        (LOG_FILE,
         "    const Result<void> settled = settle_last(disk, file->get(), *octets, scan.frames.back());\n",
         "    const Result<void> settled;\n")),
    Mutant(
        "tombstones-dropped-early",
        "a rewritten log forgets who is gone while files of theirs may still come back",
        (ACCOUNT,
         "is_reconciled(work) ? Forgetting::what_is_old : Forgetting::nothing",
         "Forgetting::what_is_old")),
    Mutant(
        "name-flags-without-record",
        "flags in a name count as a change by another program though no record speaks of that name",
        (SCAN,
         "    const bool foreign = !message.name_behind && found.flags != message.flags;\n",
         "    const bool foreign = found.flags != message.flags;\n")),
    Mutant(
        "named-before-directory-sync",
        "the record speaks of names that a power cut may take back",
        (NAMES,
         "  const Result<void> synced = work->sync_names();\n"
         "  if (!synced) {\n    undo(*work);\n    return synced;\n  }\n",
         ""),
        (NAMES,
         "  for (const auto& [folder, uids] : named) pass.named += count(uids);\n",
         "  FileWork later(partition_.disk(), loaded_->directory.get(), watches_, doubts_);\n"
         "  for (const auto& [folder, uids] : named) {\n"
         "    const auto cur = later.open(loaded_->state.find(folder)->directory + \"/cur\");\n"
         "    if (cur) static_cast<void>(partition_.disk().sync_directory(*cur));\n"
         "  }\n")),
    Mutant(
        "failed-sync-retried",
        "a second sync of the same file says that all is well after the first has lost it",
        (LOG_FILE,
         "  const Result<void> synced = disk.sync_data(file_.get());\n"
         "  if (!synced) {\n    sync_failed_ = true;\n",
         "  Result<void> synced = disk.sync_data(file_.get());\n"
         "  if (!synced) synced = disk.sync_data(file_.get());\n"
         "  if (!synced) {\n    sync_failed_ = true;\n")),
    Mutant(
        "leftover-adopted",
        "the file of a copy that was never recorded becomes a message",
        (SCAN,
         "    if (!known_->contains(mark_of(parsed.unique))) return false;\n",
         "    if (true) return false;\n")),
]
