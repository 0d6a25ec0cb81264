// SPDX-License-Identifier: Apache-2.0
// Delivery status notifications as messages: RFC 3464 in a multipart/report (RFC 6522), with readable text first
// and the original or its header last. Pure. What may be sent to whom is decided elsewhere (RFC 3461 section 5.2).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "queue/item.h"

namespace mailtree::delivery {

// A returned original above this comes back as its header only (RFC 3461 section 6.2 allows a limit).
constexpr std::uint64_t max_returned_bytes = 1u << 20;
constexpr std::size_t max_returned_header = 64u << 10;

enum class Action : std::uint8_t { failed, delayed, delivered, relayed, expanded };

struct NoticeRecipient {
  std::string address;   // as accepted from the sender
  std::string original;  // ORCPT "type;address" or empty
  Action action = Action::failed;
  std::string status;    // RFC 3463; empty = "5.0.0", "4.0.0", "2.0.0" by action
  std::string remote;    // "name [address]"; empty = no other host took part
  std::string reply;     // of the remote host, or ours
  std::uint64_t last_attempt_us = 0;
  std::uint64_t retry_until_us = 0;  // of delayed ones
};

struct NoticeContent {
  std::string host_name;      // reporting MTA and Message-ID
  std::string to;             // envelope sender of the original, or the postmaster
  std::string about_queue_id; // of the original, for people and their logs
  std::string unique;         // for Message-ID and boundary: the queue id of the notice
  std::string envelope_id;    // ENVID of the original
  std::uint64_t arrival_us = 0;
  std::uint64_t now_us = 0;
  bool for_postmaster = false;  // the original was a notice itself, or had no sender to tell
  std::vector<NoticeRecipient> recipients;
  std::string original;       // octets to return: all or the header, without our Return-Path line
  bool original_is_whole = false;
  bool utf8 = false;          // addresses or original hold 8-bit octets
};

// The whole message from Return-Path on, CRLF line ends.
std::string compose_notice(const NoticeContent& content);

std::string_view name_of(Action action);

// The status to show: the one reported if it has the form of RFC 3463 and fits the action, else the general one.
std::string status_for(Action action, std::string_view reported);

// The RFC 3463 code a reply begins with ("550 5.1.1 No such user" -> "5.1.1"); empty if there is none.
std::string status_in(std::string_view reply);

}  // namespace mailtree::delivery
