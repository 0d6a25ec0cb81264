// SPDX-License-Identifier: Apache-2.0
// Looking into files that may be foreign mail: what they are, how long they are, how long IMAP will say they are, what
// thread they name.
#pragma once

#include <memory>
#include <vector>

#include "store/daemon/scan.h"
#include "store/file_name.h"

namespace mailtree::store {

// A file that may be foreign mail, and what measuring it gave.
struct Candidate {
  int directory = -1;
  FolderScan::Foreign foreign;
  ParsedFileName parsed;
  std::size_t set = 0;  // those of one set are mail together or not at all; 0 = alone
  bool is_mail = false;
  bool is_unreadable = false;  // for now, or to us
  std::unique_ptr<Error> failure;
};

// Fills in what the files themselves tell. Synchronous; reads with some threads of its own while it runs. Errors are in
// the candidates.
void measure_all(loop::Disk& disk, std::vector<Candidate>& candidates);

}  // namespace mailtree::store
