// SPDX-License-Identifier: Apache-2.0
// The course of a session: login completed, commands in order, end. Input is in session_input.cc, changes of the
// selected mailbox in session_sync.cc.
#include "imap/session.h"

#include "imap/capability.h"
#include "imap/command_table.h"
#include "imap/fetch/message_file.h"
#include "imap/grammar/command_head.h"
#include "log/log.h"

namespace mailtree::imap {

Session::Session(Surroundings surroundings, std::unique_ptr<net::Stream> stream, std::shared_ptr<Account> account,
                 std::string session_id)
    : around_(surroundings),
      stream_(std::move(stream)),
      account_(std::move(account)),
      id_(std::move(session_id)),
      reader_(*stream_),
      buffer_(surroundings.limits.command),
      idle_told_(surroundings.loop) {
  account_->watch(*this);
}

Session::~Session() {
  account_->unwatch(*this);
}

Task<void> Session::run(std::string login_tag) {
  const std::string code = "CAPABILITY " + std::string(capabilities);
  append_completion(out_, login_tag, Completion::ok(code, "Logged in"));
  while (!closing_) {
    const auto received = co_await read_command();
    if (!received) {
      say_why(received.error());
      closing_ = true;
    } else if (ready_) {
      co_await execute();
    }
  }
  co_await end_idle();
  co_await unselect();
  const auto flushed = co_await flush();
  if (flushed) {
    const auto shut = co_await stream_->shut(Deadline::after(std::chrono::seconds(5)));
    static_cast<void>(shut);
  }
}

// The stream failed or has been silent for too long. BYE is a courtesy: nobody may be there to read it.
void Session::say_why(const Error& error) {
  if (error.condition == Condition::timeout) out_.append("* BYE Disconnected for inactivity\r\n");
  if (error.condition == Condition::limit) out_.append("* BYE Too much to read past\r\n");
}

Task<void> Session::execute() {
  const Command* command = nullptr;
  auto result = co_await dispatch(command);
  Completion completion = result ? *result : completion_of(result.error(), command != nullptr && command->try_create);
  if (!result && result.error().kind != Kind::protocol && !result.error().detail.empty()) {
    log::event(log::Level::warning, "imap.command.failed",
               {{"verb", command == nullptr ? std::string_view() : command->verb}, {"error", result.error().detail}},
               id_);
  }
  const auto skipped = co_await skip_unread();
  if (!skipped && !closing_) {
    out_.append("* BYE Too much to read past\r\n");
    closing_ = true;
    co_return;
  }
  if (view_ && command != nullptr && command->tell != Tell::nothing) {
    const auto told = co_await sync(command->tell, command->by_uid);
    static_cast<void>(told);  // nothing told is no failure of this command; a lost mailbox has set closing_
  }
  complete(completion);
  const auto flushed = co_await flush_if_full();
  static_cast<void>(flushed);  // the next read meets the same error
}

Task<Result<Completion>> Session::dispatch(const Command*& command) {
  Decoder decoder(buffer_.text(), Quoting::utf8);
  CommandHead head;
  if (!read_command_head(decoder, head)) co_return decoder.error();
  command = find_command(head.verb);
  if (command == nullptr) {
    co_return Error::protocol(is_login_command(head.verb) ? "Already logged in" : "Unknown command");
  }
  if (command->needs_selected && !view_) co_return Error::protocol("No mailbox selected");
  const auto opened = co_await account_->ensure_open();
  if (!opened) co_return opened.error();
  auto result = co_await command->handler(*this, decoder);
  co_return std::move(result);
}

void Session::complete(const Completion& completion) {
  append_completion(out_, buffer_.tag().empty() ? "*" : buffer_.tag(), completion);
  buffer_.clear();
  ready_ = false;
  // Catalogue I20: a client that only makes mistakes is no client.
  if (completion.status == Completion::Status::bad && ++errors_ >= limits().max_errors) {
    out_.append("* BYE Too many errors\r\n");
    closing_ = true;
  }
}

Task<Result<void>> Session::write(std::string_view octets) {
  const Deadline deadline = Deadline::after(limits().write_timeout);
  const auto written = co_await stream_->write(octets, deadline);
  co_return written;
}

Task<Result<void>> Session::flush() {
  [[maybe_unused]] const int frame = 0;
  if (abandoned_) out_.clear();
  if (out_.empty()) co_return Result<void>{};
  ++flush_count_;
  const auto written = co_await write(out_);
  out_.clear();
  co_return written;
}

Task<Result<void>> Session::flush_if_full() {
  [[maybe_unused]] const int frame = 0;
  if (out_.size() < output_high_water) co_return Result<void>{};
  const auto written = co_await flush();
  co_return written;
}

Result<store::FolderRow> Session::find_folder(const std::string& name) const {
  auto folders = index().folders(account_->key());
  if (!folders) return folders.error();
  for (store::FolderRow& folder : *folders) {
    if (folder.name == name) return std::move(folder);
  }
  return Error::permanent(Condition::no_such_mailbox, "Mailbox does not exist");
}

Task<void> Session::unselect() {
  const std::unique_ptr<MailboxView> view = std::move(view_);
  message_cache_.reset();
  if (!view || view->read_only() || !view->has_arrivals()) co_return;
  // RFC 3501 section 2.3.2: \Recent is for one session; ours has shown these.
  store::OpenMailbox request;
  request.account = account_->name();
  request.folder = view->folder();
  request.read_write = true;
  const auto claimed = co_await account_->call(request);
  static_cast<void>(claimed);
}

void Session::stop() {
  const Error error = Error::cancelled(Condition::stopping, "server stops");
  closing_ = true;
  // Only a waiting session can be told: otherwise the octets would land within a response.
  if (!waiting_ || telling_) {
    stream_->cancel(error);
    return;
  }
  around_.tasks.spawn(say_goodbye());
}

Task<void> Session::say_goodbye() {
  const std::string_view bye = "* BYE Server shutting down\r\n";
  telling_ = true;
  const auto written = co_await stream_->write(bye, Deadline::after(std::chrono::seconds(2)));
  static_cast<void>(written);
  telling_ = false;
  idle_told_.set();
  stream_->cancel(Error::cancelled(Condition::stopping, "server stops"));
}

}  // namespace mailtree::imap
