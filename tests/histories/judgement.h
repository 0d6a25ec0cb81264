// SPDX-License-Identifier: Apache-2.0
// Whether what an account shows can have come from what was asked and answered: everything answered is there, of each
// request that was not answered all or nothing, nothing else; numbers never go back, and what was seen once keeps its
// name and content for ever.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "histories/model.h"
#include "histories/observer.h"

namespace mailtree::histories {

// What a client that comes back learns by "what changed since this modseq" (RFC 7162).
struct Changes {
  bool forgotten = false;                     // too long ago: the client has to compare everything
  std::map<std::uint32_t, unsigned> changed;  // uid -> flags
  std::set<std::uint32_t> vanished;
};

struct SeenFolder {
  Folder folder;
  Changes changes;  // since what this client saw last
};

struct Seen {
  std::map<std::uint32_t, SeenFolder> folders;
  std::set<std::string> subscriptions;
  std::uint64_t modseq = 0;
  std::uint64_t octets = 0;
  std::uint64_t messages = 0;
  std::map<std::string, std::string> aside;  // name -> content
};

class Judge {
 public:
  // What is known for certain so far. Not `born` before the first look.
  [[nodiscard]] bool born() const { return born_; }
  [[nodiscard]] Account& known() { return known_; }
  [[nodiscard]] const Account& known() const { return known_; }

  // A request was carried out and answered.
  void answered(const Request& request, const Reply& reply, std::vector<std::string>& complaints);
  // One that was not, or with a temporary failure: until the next look it may or may not have happened.
  void unanswered(const Request& request);
  [[nodiscard]] std::size_t open_questions() const { return open_.size(); }
  // Another program's file, or flags it changed in a name.
  void foreign_file(std::uint32_t folder, const std::string& content, bool durable);
  void foreign_flags(std::uint32_t folder, std::uint32_t uid, unsigned flags);

  // What the index shows between two calls of the disk, or after a reply, to who asks for nothing. `in_flight`:
  // requests that are being carried out.
  void watch(const Seen& seen, const std::vector<Request>& in_flight, std::vector<std::string>& complaints);
  // A look at everything; complaints are added, and what was seen is known from now on. `fresh`: the first one of this
  // process, when nothing may be overlooked that other programs did.
  void look(const Seen& seen, bool fresh, std::vector<std::string>& complaints);
  [[nodiscard]] std::uint64_t client_modseq(std::uint32_t folder, std::uint32_t uidvalidity) const;

 private:
  struct Client {  // that keeps a copy of the mailbox
    std::uint32_t uidvalidity = 0;
    std::uint64_t modseq = 0;
    std::map<std::uint32_t, unsigned> flags;
  };
  // The account with some of the open requests that looks like this; nothing, and why not, if there is none.
  std::optional<Account> explain(const Seen& seen, const std::vector<Request>& open, std::string& why) const;
  void observe(const Seen& seen, const std::vector<Request>& open, std::vector<std::string>& complaints);
  bool matches(const Account& candidate, const Seen& seen, std::string& why) const;
  bool folder_matches(const Account& candidate, const Folder& expected, const Folder& got, std::string& why) const;
  [[nodiscard]] bool may_appear(const Account& candidate, const Message& message) const;
  // Of what nobody answered: appended together, so all of it or none.
  [[nodiscard]] bool is_whole(const std::set<std::string>& appeared, std::string& missing) const;
  void check_numbers(const Seen& seen, std::vector<std::string>& complaints);
  void check_clients(const Seen& seen, std::vector<std::string>& complaints);
  void check_aside(const Seen& seen, std::vector<std::string>& complaints);
  void check_names(const Seen& seen, std::vector<std::string>& complaints) const;
  void adopt(const Account& candidate, const Seen& seen);

  bool born_ = false;
  bool fresh_ = false;
  Account known_;
  std::vector<Request> open_;
  Observer observer_;
  std::set<std::string> unanswered_content_;                    // may appear once, late
  std::map<std::string, std::set<std::string>> appended_with_;  // of them: with what else
  std::set<std::string> unanswered_folders_;
  std::map<std::uint32_t, Client> clients_;
  std::map<std::string, std::string> aside_;
};

}  // namespace mailtree::histories
