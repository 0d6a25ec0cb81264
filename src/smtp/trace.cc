// SPDX-License-Identifier: Apache-2.0
#include "smtp/trace.h"

#include <array>
#include <ctime>

#include "base/ascii.h"
#include "smtp/address.h"

namespace mailtree::smtp {
namespace {

// RFC 5321 4.1.3: an address as it stands in TCP-info.
std::string literal(std::string_view address) {
  return std::string(address.find(':') != std::string_view::npos ? "[IPv6:" : "[") + std::string(address) + "]";
}

// What a stranger said must not break the syntax of our field: only a domain or a literal may stand there.
std::string from_domain(const Arrival& arrival) {
  const auto hello = canonical_domain(arrival.hello);
  const bool plain = hello && arrival.hello == ascii::printable(arrival.hello);
  return plain ? arrival.hello : literal(arrival.client_address);
}

}  // namespace

std::string_view with_word(const Session3848& session) {
  static constexpr std::array<std::string_view, 4> esmtp = {"ESMTP", "ESMTPA", "ESMTPS", "ESMTPSA"};
  static constexpr std::array<std::string_view, 4> lmtp = {"LMTP", "LMTPA", "LMTPS", "LMTPSA"};
  static constexpr std::array<std::string_view, 4> utf8_smtp = {"UTF8SMTP", "UTF8SMTPA", "UTF8SMTPS", "UTF8SMTPSA"};
  static constexpr std::array<std::string_view, 4> utf8_lmtp = {"UTF8LMTP", "UTF8LMTPA", "UTF8LMTPS", "UTF8LMTPSA"};
  const std::size_t index = (session.tls ? 2U : 0U) + (session.authenticated ? 1U : 0U);
  if (session.lmtp) return session.utf8 ? utf8_lmtp[index] : lmtp[index];
  if (!session.extended) return "SMTP";
  return session.utf8 ? utf8_smtp[index] : esmtp[index];
}

std::string received_field(const Arrival& arrival) {
  std::string out = "Received: from " + from_domain(arrival) + " (";
  if (!arrival.client_name.empty()) out += arrival.client_name + ' ';
  out += literal(arrival.client_address) + ")\r\n";
  if (!arrival.tls.empty()) out += "\t(using " + arrival.tls + ")\r\n";
  out += "\tby " + arrival.host_name + " with " + std::string(arrival.protocol) + " id " + arrival.id + "\r\n";
  if (!arrival.for_address.empty())
    out += "\tfor <" + arrival.for_address + ">;\r\n\t";
  else
    out.replace(out.size() - 2, 2, ";\r\n\t");
  out += format_date(arrival.time) + "\r\n";
  return out;
}

std::string return_path_field(std::string_view reverse_path) {
  return "Return-Path: <" + std::string(reverse_path) + ">\r\n";
}

std::string format_date(Clock::Wall time) {
  static constexpr std::array<const char*, 7> days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), "%s, %d %s %04d %02d:%02d:%02d +0000",
                                   days[static_cast<std::size_t>(parts.tm_wday)], parts.tm_mday,
                                   months[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900, parts.tm_hour,
                                   parts.tm_min, parts.tm_sec);
  return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace mailtree::smtp
