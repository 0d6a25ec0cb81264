// SPDX-License-Identifier: Apache-2.0
// Writing into the queue's directory. Order everywhere: data synced, then its name, then the directory synced.
#include "queue/spool.h"

#include <fcntl.h>

#include <algorithm>

#include "net/digest.h"
#include "queue/words.h"

namespace mailtree::queue {
namespace {

using Access = loop::Disk::Access;

constexpr std::string_view marker = "queue.toml";
constexpr std::size_t copy_bytes = 256 * 1024;

std::string message_name(const std::string& queue_id) { return queue_id + ".message"; }
std::string envelope_name(const std::string& queue_id) { return queue_id + ".envelope"; }

Error damaged(std::string detail) {
  return Error{Kind::temporary, Condition::damaged, "Temporary failure, try again later", std::move(detail)};
}

}  // namespace

Result<std::unique_ptr<Spool>> Spool::open(loop::Disk& disk, const std::string& directory) {
  std::unique_ptr<Spool> spool(new Spool(disk, directory));
  const auto ready = spool->prepare();
  if (!ready) return ready.error();
  return spool;
}

Result<void> Spool::prepare() {
  // The one path that is not relative: it comes from the configuration, and there links may be wanted.
  root_ = UniqueFd(::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root_) return Error::temporary(Condition::storage, "queue directory " + directory_ + " cannot be opened");
  const auto names = disk_.list(root_.get());
  if (!names) return names.error();
  auto marked = check_marker(*names);
  if (!marked) return marked;
  auto messages = open_or_make(root_.get(), "messages");
  if (!messages) return messages.error();
  messages_ = std::move(*messages);
  auto aside = open_or_make(root_.get(), "aside");
  if (!aside) return aside.error();
  aside_ = std::move(*aside);
  for (unsigned i = 0; i < bucket_count; ++i) {
    auto bucket = open_or_make(messages_.get(), hex32(i).substr(6));
    if (!bucket) return bucket.error();
    buckets_[i] = std::move(*bucket);
  }
  const auto synced = disk_.sync_directory(messages_.get());
  if (!synced) return synced;
  return disk_.sync_directory(root_.get());
}

// An unmounted or foreign directory must not look like an empty queue.
Result<void> Spool::check_marker(const std::vector<std::string>& names) {
  if (std::find(names.begin(), names.end(), marker) != names.end()) {
    auto file = disk_.open(root_.get(), std::string(marker), Access::read);
    if (!file) return file.error();
    const auto content = loop::read_whole(disk_, file->get(), 4096);
    if (!content) return content.error();
    if (content->find("format = 1\n") == std::string::npos) {
      return Error::temporary(Condition::cannot, directory_ + "/queue.toml names another format");
    }
    return {};
  }
  const auto is_content = [](const std::string& name) { return name != "lost+found"; };
  if (std::any_of(names.begin(), names.end(), is_content)) {
    return Error::temporary(Condition::cannot, directory_ + " is not empty and has no queue.toml: not a queue");
  }
  auto file = disk_.open(root_.get(), std::string(marker), Access::create_new);
  if (!file) return file.error();
  const std::string content = "# Marks this directory as a mailtree queue. Do not remove.\nformat = 1\n";
  const auto written = disk_.write_at(file->get(), content, 0);
  if (!written) return written;
  return disk_.sync_data(file->get());
}

Result<UniqueFd> Spool::open_or_make(int parent, const std::string& name) {
  auto opened = disk_.open(parent, name, Access::directory);
  if (opened || !loop::is_missing(opened.error())) return opened;
  const auto made = disk_.make_directory(parent, name);
  if (!made) return made.error();
  return disk_.open(parent, name, Access::directory);
}

unsigned Spool::bucket_of(const std::string& queue_id) {
  const auto digit = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
  return digit(queue_id.at(0)) * 16 + digit(queue_id.at(1));
}

Result<UniqueFd> Spool::new_message_file() { return disk_.open_unnamed(messages_.get()); }

Result<std::string> Spool::hash(int fd, std::uint64_t size) {
  net::Sha256 digest;
  std::string buffer(copy_bytes, '\0');
  for (std::uint64_t at = 0; at < size;) {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), size - at));
    const auto got = disk_.read_at(fd, buffer.data(), want, at);
    if (!got) return got.error();
    if (*got == 0) return damaged("message ends at " + std::to_string(at) + " of " + std::to_string(size));
    digest.add(std::string_view(buffer.data(), *got));
    at += *got;
  }
  return digest.finish();
}

Result<std::uint64_t> Spool::accept(Envelope& envelope, int message) {
  const auto status = disk_.status(message);
  if (!status) return status.error();
  if (!status->is_regular || status->size != envelope.message_bytes) {
    return damaged("message has " + std::to_string(status->size) + " octets, announced were " +
                   std::to_string(envelope.message_bytes));
  }
  const auto digest = hash(message, envelope.message_bytes);
  if (!digest) return digest.error();
  if (!envelope.message_sha256.empty() && envelope.message_sha256 != *digest) return damaged("hash differs");
  envelope.message_sha256 = *digest;
  const auto placed = place_message(envelope, message);
  if (!placed) return placed.error();
  const std::string content = encode_envelope(envelope);
  if (content.size() > max_envelope_bytes) {
    return Error::permanent(Condition::too_long, "Too many recipients", "envelope too long");
  }
  return write_envelope(envelope.queue_id, content, false);
}

// Data, then name. A link where that is possible, else a copy.
Result<void> Spool::place_message(const Envelope& envelope, int message) {
  const int bucket = bucket_fd(envelope.queue_id);
  const std::string name = message_name(envelope.queue_id);
  const auto synced = disk_.sync_data(message);
  if (!synced) return synced;
  auto linked = disk_.link_open_file(message, bucket, name);
  if (!linked && loop::is_taken(linked.error())) {
    const auto cleared = take_leftover(envelope);
    if (!cleared) return cleared;
    linked = disk_.link_open_file(message, bucket, name);
  }
  if (linked) return linked;
  const Condition why = linked.error().condition;
  if (why != Condition::cannot && why != Condition::no_such_message) return linked;
  auto copied = copy(message, envelope.message_bytes);
  if (!copied) return copied.error();
  return disk_.link_open_file(copied->get(), bucket, name);
}

// A message file under this name without an envelope: what an unanswered attempt left. It goes aside, not away.
Result<void> Spool::take_leftover(const Envelope& envelope) {
  const int bucket = bucket_fd(envelope.queue_id);
  const auto known = disk_.status_at(bucket, envelope_name(envelope.queue_id));
  if (known) return Error::temporary(Condition::exists, "message is in the queue already");
  if (!loop::is_missing(known.error())) return known.error();
  const std::string name = message_name(envelope.queue_id);
  return disk_.rename(bucket, name, aside_.get(), name + "." + hex32(crc32c(net::random_octets(8))), false);
}

Result<UniqueFd> Spool::copy(int message, std::uint64_t size) {
  auto target = disk_.open_unnamed(messages_.get());
  if (!target) return target;
  std::string buffer(copy_bytes, '\0');
  for (std::uint64_t at = 0; at < size;) {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), size - at));
    const auto got = disk_.read_at(message, buffer.data(), want, at);
    if (!got) return got.error();
    if (*got == 0) return damaged("message became shorter");
    const auto written = disk_.write_at(target->get(), std::string_view(buffer.data(), *got), at);
    if (!written) return written.error();
    at += *got;
  }
  const auto synced = disk_.sync_data(target->get());
  if (!synced) return synced.error();
  return target;
}

Result<std::uint64_t> Spool::write_envelope(const std::string& queue_id, const std::string& content, bool replace) {
  const int bucket = bucket_fd(queue_id);
  auto file = disk_.open_unnamed(bucket);
  if (!file) return file.error();
  const auto written = disk_.write_at(file->get(), content, 0);
  if (!written) return written.error();
  const auto synced = disk_.sync_data(file->get());
  if (!synced) return synced.error();
  const std::string name = envelope_name(queue_id);
  if (replace) {
    const std::string fresh = name + ".new";
    const auto old = disk_.unlink(bucket, fresh);
    if (!old && !loop::is_missing(old.error())) return old.error();
    const auto linked = disk_.link_open_file(file->get(), bucket, fresh);
    if (!linked) return linked.error();
    const auto renamed = disk_.rename(bucket, fresh, bucket, name, true);
    if (!renamed) return renamed.error();
  } else {
    const auto linked = disk_.link_open_file(file->get(), bucket, name);
    if (!linked) return linked.error();
  }
  const auto durable = disk_.sync_directory(bucket);
  if (!durable) {
    // The submitter gets a temporary failure and repeats: the name must not count, or it would be delivered twice.
    if (!replace) (void)disk_.unlink(bucket, name).has_value();
    return durable.error();
  }
  return content.size();
}

Result<UniqueFd> Spool::open_message(const Envelope& envelope, bool verify) {
  auto file = disk_.open(bucket_fd(envelope.queue_id), message_name(envelope.queue_id), Access::read);
  if (!file) {
    if (loop::is_missing(file.error())) return damaged("message file is missing");
    return file;
  }
  const auto status = disk_.status(file->get());
  if (!status) return status.error();
  if (!status->is_regular || status->size != envelope.message_bytes) return damaged("message has another length");
  if (verify) {
    const auto digest = hash(file->get(), envelope.message_bytes);
    if (!digest) return digest.error();
    if (*digest != envelope.message_sha256) return damaged("hash differs");
  }
  return file;
}

Result<std::uint64_t> Spool::append(const std::string& queue_id, std::uint64_t offset,
                                    const std::vector<Record>& records, bool sync) {
  auto file = disk_.open(bucket_fd(queue_id), envelope_name(queue_id), Access::read_write);
  if (!file) return file.error();
  std::string text;
  for (const Record& record : records) text += encode_record(record, queue_id, offset + text.size());
  const auto written = disk_.write_at(file->get(), text, offset);
  if (!written) {
    (void)disk_.truncate(file->get(), offset).has_value();  // a torn line would be cut at the next start as well
    return written.error();
  }
  if (sync) {
    const auto synced = disk_.sync_data(file->get());
    if (!synced) return synced.error();
  }
  return offset + text.size();
}

Result<std::uint64_t> Spool::rewrite(const Item& item) {
  std::string content = encode_envelope(item.envelope());
  for (const Record& record : item.snapshot()) content += encode_record(record, item.id(), content.size());
  return write_envelope(item.id(), content, true);
}

Result<void> Spool::remove_message(const std::string& queue_id) {
  auto removed = disk_.unlink(bucket_fd(queue_id), message_name(queue_id));
  if (!removed && loop::is_missing(removed.error())) return {};
  return removed;
}

Result<void> Spool::remove_envelope(const std::string& queue_id) {
  auto removed = disk_.unlink(bucket_fd(queue_id), envelope_name(queue_id));
  if (!removed && loop::is_missing(removed.error())) return {};
  return removed;
}

Result<void> Spool::move_aside(const std::string& queue_id) {
  const int bucket = bucket_fd(queue_id);
  for (const std::string& name : {message_name(queue_id), envelope_name(queue_id)}) {
    const auto moved = disk_.rename(bucket, name, aside_.get(), name, false);
    if (!moved && !loop::is_missing(moved.error())) return moved;
  }
  const auto synced = disk_.sync_directory(aside_.get());
  if (!synced) return synced;
  return disk_.sync_directory(bucket);
}

}  // namespace mailtree::queue
