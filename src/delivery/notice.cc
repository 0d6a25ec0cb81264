// SPDX-License-Identifier: Apache-2.0
// Composing delivery status notifications. See notice.h.
#include "delivery/notice.h"

#include <algorithm>

#include "base/ascii.h"
#include "mime/date.h"

namespace mailtree::delivery {
namespace {

constexpr std::string_view crlf = "\r\n";

// One line of a header or of message/delivery-status: what strangers said must not start another line. Long texts are
// folded at blanks; RFC 5322 section 2.1.1 allows 998 octets.
std::string safe(std::string_view text, std::size_t most = 900) {
  std::string line;
  for (const char c : text.substr(0, most)) line += ascii::is_control(c) ? ' ' : c;
  return std::string(ascii::trim(line));
}

// Replies are ASCII (RFC 5321 section 4.2); what is not would make the report an international one.
std::string safe_ascii(std::string_view text) {
  std::string line = safe(text);
  std::replace_if(line.begin(), line.end(), ascii::is_8bit, '?');
  return line;
}

std::string date_of(std::uint64_t wall_us) {
  mime::DateTime date;
  date.unix_seconds = static_cast<std::int64_t>(wall_us / 1'000'000);
  return mime::format_date(date);
}

bool has(const NoticeContent& content, Action action) {
  const auto is_it = [action](const NoticeRecipient& to) { return to.action == action; };
  return std::any_of(content.recipients.begin(), content.recipients.end(), is_it);
}

bool all_ascii(std::string_view text) { return std::none_of(text.begin(), text.end(), ascii::is_8bit); }

// RFC 6533: any 8-bit octet in an address or identifier makes the report an international one.
bool is_international(const NoticeContent& content) {
  const auto is_plain = [](const NoticeRecipient& to) { return all_ascii(to.address) && all_ascii(to.original); };
  return content.utf8 || !all_ascii(content.to) || !all_ascii(content.envelope_id) ||
         !std::all_of(content.recipients.begin(), content.recipients.end(), is_plain);
}

std::string_view subject_of(const NoticeContent& content) {
  if (content.for_postmaster) return "Mail that could neither be delivered nor returned";
  if (has(content, Action::failed)) return "Your mail could not be delivered";
  if (has(content, Action::delayed)) return "Your mail is delayed";
  return "Your mail was delivered";
}

std::string head_of(const NoticeContent& content, std::string_view boundary, bool international) {
  std::string head = "Return-Path: <>\r\n";
  head += "Received: by " + safe(content.host_name) + " id " + content.unique + ";\r\n\t";
  head += date_of(content.now_us) + "\r\n";
  head += "Date: " + date_of(content.now_us) + "\r\n";
  head += "From: Mail Delivery System <postmaster@" + safe(content.host_name) + ">\r\n";
  head += "To: <" + safe(content.to) + ">\r\n";
  head += "Subject: " + std::string(subject_of(content)) + "\r\n";
  head += "Message-ID: <" + content.unique + "@" + safe(content.host_name) + ">\r\n";
  head += "Auto-Submitted: auto-replied\r\n";  // RFC 3834 section 5
  head += "MIME-Version: 1.0\r\n";
  head += "Content-Type: multipart/report; report-type=";
  head += international ? "global-delivery-status" : "delivery-status";
  head += ";\r\n\tboundary=\"" + std::string(boundary) + "\"\r\n";
  const bool eight_bit = international || !all_ascii(content.original);  // RFC 2045 section 6.4: as its parts
  if (eight_bit) head += "Content-Transfer-Encoding: 8bit\r\n";
  return head + "\r\n";
}

std::string explain(const NoticeRecipient& to) {
  std::string text = "<" + safe(to.address) + ">";
  switch (to.action) {
    case Action::failed:
      text += ": could not be delivered.";
      break;
    case Action::delayed:
      text += ": not delivered yet; it will be tried again";
      text += to.retry_until_us != 0 ? " until\r\n    " + date_of(to.retry_until_us) + "." : ".";
      break;
    case Action::delivered:
      text += ": delivered.";
      break;
    case Action::relayed:
      text += ": passed on to a host that does not send notices of delivery.";
      break;
    case Action::expanded:
      text += ": delivered, and sent on to the members of the group.";
      break;
  }
  text += "\r\n";
  if (!to.remote.empty()) text += "    Host: " + safe_ascii(to.remote) + "\r\n";
  if (!to.reply.empty()) text += "    Reason: " + safe_ascii(to.reply) + "\r\n";
  return text;
}

std::string text_part(const NoticeContent& content) {
  std::string text = "This is the mail system at " + safe(content.host_name) + ".\r\n\r\n";
  if (content.for_postmaster) {
    text += "The mail below failed, and there is no sender who could be told.\r\n\r\n";
  } else if (has(content, Action::failed)) {
    text += "Your mail could not be delivered to everybody. Nothing more will be done about\r\n"
            "the recipients that failed.\r\n\r\n";
  } else if (has(content, Action::delayed)) {
    text += "Your mail has not been delivered yet. You do not have to send it again.\r\n\r\n";
  } else {
    text += "You asked to be told about the delivery of your mail.\r\n\r\n";
  }
  constexpr std::size_t most_explained = 100;  // the machine-readable part has them all
  for (std::size_t i = 0; i < content.recipients.size() && i < most_explained; ++i) {
    text += explain(content.recipients[i]) + "\r\n";
  }
  if (content.recipients.size() > most_explained) text += "and more: see the report attached.\r\n\r\n";
  return text + "Please name " + content.about_queue_id + " if you ask your postmaster.\r\n";
}

// RFC 3464 sections 2.3.5 and 2.3.6: the "dns" name of the host, without the address we add for people.
std::string host_only(std::string_view remote) { return safe_ascii(remote.substr(0, remote.find(' '))); }

std::string address_type(const NoticeRecipient& to) { return all_ascii(to.address) ? "rfc822;" : "utf-8;"; }

std::string recipient_fields(const NoticeRecipient& to) {
  std::string fields = "\r\n";
  if (!to.original.empty()) fields += "Original-Recipient: " + safe(to.original) + "\r\n";
  fields += "Final-Recipient: " + address_type(to) + safe(to.address) + "\r\n";
  fields += "Action: " + std::string(name_of(to.action)) + "\r\n";
  fields += "Status: " + status_for(to.action, to.status) + "\r\n";
  if (!to.remote.empty()) fields += "Remote-MTA: dns;" + host_only(to.remote) + "\r\n";
  if (!to.reply.empty() && to.action != Action::expanded) {
    const bool is_smtp = to.reply.size() >= 3 && std::all_of(to.reply.begin(), to.reply.begin() + 3, ascii::is_digit);
    fields += std::string("Diagnostic-Code: ") + (is_smtp ? "smtp;" : "x-mailtree;") + safe_ascii(to.reply) + "\r\n";
  }
  if (to.last_attempt_us != 0) fields += "Last-Attempt-Date: " + date_of(to.last_attempt_us) + "\r\n";
  if (to.action == Action::delayed && to.retry_until_us != 0) {
    fields += "Will-Retry-Until: " + date_of(to.retry_until_us) + "\r\n";
  }
  return fields;
}

std::string status_part(const NoticeContent& content) {
  std::string fields;
  if (!content.envelope_id.empty()) fields += "Original-Envelope-Id: " + safe(content.envelope_id) + "\r\n";
  fields += "Reporting-MTA: dns;" + safe(content.host_name) + "\r\n";
  if (content.arrival_us != 0) fields += "Arrival-Date: " + date_of(content.arrival_us) + "\r\n";
  fields += "X-Mailtree-Queue-ID: " + content.about_queue_id + "\r\n";
  for (const NoticeRecipient& to : content.recipients) fields += recipient_fields(to);
  return fields;
}

// Not to be found in what is returned: it ends with an id that nobody could know beforehand, but a returned notice
// about a notice may hold it, so it is looked for.
std::string choose_boundary(const NoticeContent& content) {
  std::string boundary = "=_" + content.unique;
  while (content.original.find("--" + boundary) != std::string::npos) boundary += "_";
  return boundary;
}

}  // namespace

std::string_view name_of(Action action) {
  constexpr std::string_view names[] = {"failed", "delayed", "delivered", "relayed", "expanded"};
  return names[static_cast<std::size_t>(action)];
}

std::string status_in(std::string_view reply) {
  if (reply.size() < 9 || reply[3] != ' ') return {};
  std::string_view rest = reply.substr(4);
  rest = rest.substr(0, rest.find(' '));
  const bool fits = rest.size() >= 5 && rest.size() <= 9 && (rest[0] == '2' || rest[0] == '4' || rest[0] == '5') &&
                    rest[1] == '.' && rest.find('.', 2) != std::string_view::npos;
  if (!fits) return {};
  const auto second = rest.find('.', 2);
  const auto subject = ascii::number<unsigned>(rest.substr(2, second - 2), 999);
  const auto detail = ascii::number<unsigned>(rest.substr(second + 1), 999);
  return subject && detail ? std::string(rest) : std::string();
}

std::string status_for(Action action, std::string_view reported) {
  const bool good = action == Action::delivered || action == Action::relayed || action == Action::expanded;
  const std::string known = status_in("000 " + std::string(reported));
  if (known.empty()) return good ? "2.0.0" : action == Action::failed ? "5.0.0" : "4.0.0";
  // A failure may carry 4.x.x: given up after days (RFC 3464 section 2.3.3, note).
  if (good) return known[0] == '2' ? known : "2.0.0";
  if (action == Action::delayed) return known[0] == '4' ? known : "4.0.0";
  return known[0] != '2' ? known : "5.0.0";
}

std::string compose_notice(const NoticeContent& content) {
  const std::string boundary = choose_boundary(content);
  const std::string part = "--" + boundary + "\r\n";
  const bool eight_bit = !all_ascii(content.original);
  const bool international = is_international(content);
  const std::string encoding = "Content-Transfer-Encoding: 8bit\r\n";
  std::string message = head_of(content, boundary, international);
  message += part + "Content-Type: text/plain; charset=utf-8\r\n";
  if (international) message += encoding;
  message += "\r\n" + text_part(content) + "\r\n" + part;
  message += international ? "Content-Type: message/global-delivery-status\r\n" + encoding
                           : std::string("Content-Type: message/delivery-status\r\n");
  message += "\r\n" + status_part(content) + "\r\n" + part;
  const bool global = international && eight_bit;
  if (content.original_is_whole) {
    message += global ? "Content-Type: message/global\r\n" : "Content-Type: message/rfc822\r\n";
  } else {
    message += global ? "Content-Type: message/global-headers\r\n" : "Content-Type: text/rfc822-headers\r\n";
  }
  if (eight_bit) message += encoding;
  message += crlf;
  message += content.original;
  if (!content.original.ends_with(crlf)) message += crlf;
  return message + "\r\n--" + boundary + "--\r\n";
}

}  // namespace mailtree::delivery
