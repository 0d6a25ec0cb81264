// SPDX-License-Identifier: Apache-2.0
// One IMAP session after login (RFC 3501): reads commands, runs their handlers, tells changes, completes in order.
// Handlers (src/imap/commands) see the account, the selected mailbox and a string to append untagged responses to.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "imap/completion.h"
#include "imap/grammar/command_buffer.h"
#include "imap/mailbox_view.h"
#include "imap/store_link.h"
#include "loop/task_group.h"
#include "loop/worker_pool.h"
#include "net/line_reader.h"
#include "net/stream.h"

namespace mailtree::imap {

struct Command;
class MessageFile;

// Of a process, shared by its sessions.
struct SessionLimits {
  std::chrono::milliseconds idle_timeout{std::chrono::minutes(30)};  // RFC 3501 section 5.4: at least 30 minutes
  std::chrono::milliseconds write_timeout{std::chrono::minutes(5)};  // a client that does not read
  std::chrono::milliseconds read_timeout{std::chrono::minutes(5)};   // within a command: the next part of a literal
  std::size_t max_errors = 20;
  std::uint64_t max_message_bytes = 50ULL << 20;
  CommandLimits command;
};

// Our octets wait here before they are written; more makes the handler wait for the client.
inline constexpr std::size_t output_high_water = 128 * 1024;

// The message of an APPEND that is still on its way.
struct PendingLiteral {
  std::uint64_t octets = 0;  // not yet read
  bool waits = false;        // for our "+"
};

class Session final : public Watcher {
 public:
  struct Surroundings {
    loop::Loop& loop;
    loop::WorkerPool& pool;
    loop::TaskGroup& tasks;
    const SessionLimits& limits;
  };

  Session(Surroundings surroundings, std::unique_ptr<net::Stream> stream, std::shared_ptr<Account> account,
          std::string session_id);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Completes the login under `login_tag`, then serves until LOGOUT, an error of the stream, a timeout or stop().
  Task<void> run(std::string login_tag);
  // From outside: says BYE where that is possible at once, then ends the session.
  void stop();
  void cut() { stream_->cancel(Error::cancelled(Condition::stopping, "session is cut off")); }

  // --- For handlers
  // ---------------------------------------------------------------------------------------------------
  [[nodiscard]] std::string& out() { return out_; }  // untagged responses, complete lines
  [[nodiscard]] Account& account() { return *account_; }
  [[nodiscard]] const store::IndexReader& index() const { return account_->index(); }
  [[nodiscard]] loop::Loop& loop() { return around_.loop; }
  [[nodiscard]] loop::WorkerPool& pool() { return around_.pool; }
  [[nodiscard]] const SessionLimits& limits() const { return around_.limits; }
  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] bool peer_gone() const { return stream_->peer_closed(); }

  [[nodiscard]] MailboxView* view() { return view_.get(); }
  void select(std::unique_ptr<MailboxView> view) { view_ = std::move(view); }
  // Leaves the selected mailbox; arrivals it has shown as recent are claimed for this session.
  Task<void> unselect();
  void close() { closing_ = true; }
  // The row of the folder with that name; Condition::no_such_mailbox if there is none.
  [[nodiscard]] Result<store::FolderRow> find_folder(const std::string& name) const;

  // Sends what out() holds, waiting for the client if it does not read.
  Task<Result<void>> flush();
  Task<Result<void>> flush_if_full();
  // How often octets have left: a response that has partly left cannot be taken back.
  [[nodiscard]] std::uint64_t flush_count() const { return flush_count_; }
  // A response cannot be completed: the stream is out of step for good, so nothing more is said.
  void abandon() { closing_ = abandoned_ = true; }

  // Takes in what happened to the selected mailbox and tells it. Changes with modseq `own` are not told as FETCH: the
  // command has answered for them (or was .SILENT).
  Task<Result<void>> sync(Tell tell, bool with_uid, store::Modseq own = 0);

  // --- Input within APPEND. What a handler leaves unread the session reads past, so that it may fail at any point.
  [[nodiscard]] const std::optional<PendingLiteral>& literal() const { return literal_; }
  // Says "+" if the client waits for it.
  Task<Result<void>> accept_literal();
  // A part of the literal, at least one octet; valid until the next call. Only while literal()->octets is not 0.
  Task<Result<std::string_view>> read_literal();
  void consume_literal(std::size_t octets);
  // The line behind the literal; if it ends with another one, that is literal() now.
  Task<Result<std::string>> read_behind_literal();

  // A line that is no command: DONE.
  Task<Result<std::string>> read_line();

  // IDLE: changes are told as they come, between begin and end.
  Task<Result<void>> begin_idle();
  Task<void> end_idle();

  // Kept between commands for partial fetches of one message; dropped when the session idles.
  [[nodiscard]] std::unique_ptr<MessageFile>& message_cache() { return message_cache_; }

  void changed(store::FolderId folder, store::Modseq modseq) override;

 private:
  Task<Result<void>> read_command();
  Task<Result<void>> take_step(CommandBuffer::Step step);
  Task<Result<void>> take_literal_into_buffer();
  Task<Result<void>> skip_octets(std::uint64_t octets);
  Task<Result<void>> skip_unread();
  Task<Result<void>> rest();
  Task<Result<void>> write(std::string_view octets);
  Task<void> execute();
  Task<Result<Completion>> dispatch(const Command*& command);
  void complete(const Completion& completion);
  void say_why(const Error& error);
  Task<void> tell_while_idle();
  Task<void> say_goodbye();
  void lose_mailbox();

  Surroundings around_;
  std::unique_ptr<net::Stream> stream_;
  std::shared_ptr<Account> account_;
  std::string id_;
  net::LineReader reader_;
  CommandBuffer buffer_;
  std::string out_;
  std::unique_ptr<MailboxView> view_;
  std::unique_ptr<MessageFile> message_cache_;
  std::optional<PendingLiteral> literal_;
  loop::Signal idle_told_;
  std::size_t errors_ = 0;
  std::uint64_t flush_count_ = 0;
  bool ready_ = false;   // buffer_ holds a command
  bool unread_ = false;  // the line end of the command has not been read
  bool closing_ = false;
  bool abandoned_ = false;
  bool waiting_ = false;  // for a command or for DONE: stop() may write
  bool idling_ = false;
  bool telling_ = false;  // tell_while_idle() runs
  bool tell_again_ = false;
};

}  // namespace mailtree::imap
