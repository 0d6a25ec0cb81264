// SPDX-License-Identifier: Apache-2.0
// The vocabulary of the log: every event name, its usual level and what it means. Append your own, sorted by name.
// tests/house refuses a log::event() in the sources whose name is not here. Form: area.object.past_or_state.
#pragma once

#include <array>
#include <string_view>

#include "log/log.h"

namespace mailtree::log {

struct EventName {
  std::string_view name;
  Level level;
  std::string_view meaning;
};

inline constexpr std::array event_names = {
    // admin: the operator's socket
    EventName{"admin.command.done", Level::info, "An operator's command was carried out."},
    EventName{"admin.command.refused", Level::warning, "An operator's command was not understood or not allowed."},
    // config
    EventName{"config.file.refused", Level::error, "The configuration has mistakes; they stand in error=."},
    // daemon: what every program does around its work
    EventName{"daemon.failed", Level::error, "The daemon could not start or had to end; error= says why."},
    EventName{"daemon.ready", Level::info, "The daemon has its sockets and its rights and serves."},
    EventName{"daemon.ready.untold", Level::warning, "mailtreed could not be told that the daemon serves."},
    EventName{"daemon.rights.dropped", Level::info, "User and group were changed; no way back."},
    EventName{"daemon.rights.kept", Level::warning, "The daemon runs as root; set its user in [users]."},
    EventName{"daemon.sandbox.entered", Level::info, "Landlock rules hold from here on; abi= is the level reached."},
    EventName{"daemon.sandbox.missing", Level::warning, "The kernel has no Landlock; the daemon runs without it."},
    EventName{"daemon.stopped", Level::info, "The daemon ended as asked."},
    EventName{"daemon.stopping", Level::info, "A stop was asked for; sessions are being ended."},
    // front: connections before login
    EventName{"front.certificate.refused", Level::error, "New TLS files are no good; the old certificate stays."},
    EventName{"front.connection.refused", Level::warning, "A connection was closed at once; reason= says which bound."},
    EventName{"front.login.failed", Level::info, "A login was not accepted; reason= is for the operator only."},
    EventName{"front.session.handed_over", Level::info, "A user signed in; imapd or pop3d has the session."},
    EventName{"front.session.lost", Level::warning, "A signed-in session could not be given to imapd or pop3d."},
    EventName{"front.tls.failed", Level::info, "A TLS handshake failed."},
    // imap: sessions after sign-in
    EventName{"imap.client.identified", Level::info, "A client told its name (RFC 2971)."},
    EventName{"imap.command.failed", Level::warning, "A command met a failure that was not the client's fault."},
    EventName{"imap.connection.refused", Level::warning, "A process of another user tried to hand over a session."},
    EventName{"imap.session.ended", Level::info, "A session is over."},
    EventName{"imap.session.refused", Level::warning, "A signed-in user could not be served; error= says why."},
    EventName{"imap.session.started", Level::info, "A signed-in session was taken over from the front."},
    EventName{"imap.session.unreceived", Level::warning, "A session could not be taken over from the front."},
    // ldapauth: directory and sign-in
    EventName{"ldapauth.app_password.ignored", Level::warning, "An entry of class mailtreeAppPassword is of no use."},
    EventName{"ldapauth.changes.lost", Level::warning, "The change subscription broke; answers live a second now."},
    EventName{"ldapauth.changes.subscribed", Level::info, "Changes in the directory are heard of at once."},
    EventName{"ldapauth.changes.unsupported", Level::warning, "The server has no syncprov: answers live a second."},
    EventName{"ldapauth.directory.connected", Level::info, "The directory answers."},
    EventName{"ldapauth.directory.down", Level::error, "No directory server answers; mail and logins are deferred."},
    EventName{"ldapauth.directory.lost", Level::warning, "The connection to the directory broke; it is opened anew."},
    EventName{"ldapauth.entry.refused", Level::error, "An entry is wrong or ambiguous: mail to it is deferred."},
    EventName{"ldapauth.login.done", Level::info, "A login was decided; state= says how."},
    EventName{"ldapauth.recipient.deferred", Level::warning, "A recipient could not be looked up."},
    EventName{"ldapauth.verifier.ignored", Level::warning, "authPassword has values that are no verifiers (RFC 5803)."},
    // log
    EventName{"log.event.unknown", Level::warning, "A name was logged that is not in the vocabulary (a bug)."},
    // master: mailtreed
    EventName{"master.child.died", Level::error, "A daemon ended by itself; it is started again."},
    EventName{"master.child.killed", Level::warning, "A daemon did not stop in time and was killed."},
    EventName{"master.child.started", Level::info, "A daemon was started."},
    EventName{"master.child.stopped", Level::info, "A daemon ended as asked."},
    EventName{"master.child.throttled", Level::error, "A daemon dies at once, so its next start waits."},
    EventName{"master.listener.opened", Level::info, "A TCP port is open."},
    EventName{"master.orphan.killed", Level::warning, "A daemon of an earlier mailtreed was still there."},
    EventName{"master.ready", Level::info, "All daemons serve."},
    EventName{"master.reloaded", Level::info, "The daemons were told to read certificates again."},
    EventName{"master.state.unwritten", Level::warning, "state.json or the endpoints file could not be written."},
    // pop3: sessions after sign-in
    EventName{"pop3.command.failed", Level::warning, "A command met a failure that was not the client's fault."},
    EventName{"pop3.connection.refused", Level::warning, "A process of another user tried to hand over a session."},
    EventName{"pop3.mailbox.unavailable", Level::warning, "The mailbox of a signed-in user could not be read."},
    EventName{"pop3.quit.failed", Level::warning,
              "Messages marked for deletion could not be removed; the client was told."},
    EventName{"pop3.session.dropped", Level::info, "A session ended without QUIT; nothing was deleted."},
    EventName{"pop3.session.ended", Level::info, "A session is over."},
    EventName{"pop3.session.started", Level::info, "A signed-in session was taken over from the front."},
    EventName{"pop3.session.unreceived", Level::warning, "A session could not be taken over from the front."},
    // queue: queued
    EventName{"queue.delivery.failed", Level::warning, "The mail store refused a mailbox: again later, or a notice."},
    EventName{"queue.destination.dead", Level::warning, "No host of a destination answers; its mail waits."},
    EventName{"queue.file.aside", Level::alarm, "A file of the queue was not understood and lies in aside/."},
    EventName{"queue.file.unreadable", Level::alarm, "A file of the queue could not be read and stays where it is."},
    EventName{"queue.journal.failed", Level::error, "Progress could not be written; the file is written anew."},
    EventName{"queue.journal.torn", Level::warning, "Journals ended in the middle of a record and were cut there."},
    EventName{"queue.loaded", Level::info, "The queue was read after the start."},
    EventName{"queue.message.accepted", Level::info, "A message is durable in the queue."},
    EventName{"queue.message.damaged", Level::alarm, "A message is not what was accepted; it lies in aside/."},
    EventName{"queue.message.finished", Level::info, "Everybody has the message or was told; it left the queue."},
    EventName{"queue.message.held", Level::alarm, "A message waits for an operator."},
    EventName{"queue.message.refused", Level::error, "A message could not be taken over; its submitter was told."},
    EventName{"queue.message.removed", Level::warning, "An operator took a message out of the queue."},
    EventName{"queue.message.unacknowledged", Level::warning, "Messages nobody was answered for lie in aside/."},
    EventName{"queue.notice.failed", Level::error, "A notice could not be made; it is tried again."},
    EventName{"queue.notice.queued", Level::info, "A notice about delivery was put into the queue."},
    EventName{"queue.record.refused", Level::error, "A record did not fit the state of its message (a bug)."},
    EventName{"queue.relay.answered", Level::info, "What a remote host, or the way to it, said about a recipient."},
    EventName{"queue.relay.unavailable", Level::warning, "relayd cannot be asked; soon again."},
    EventName{"queue.remove.failed", Level::error, "A file of a finished message could not be removed."},
    EventName{"queue.rewrite.failed", Level::error, "The state of a message could not be written; it waits."},
    EventName{"queue.stop.late", Level::warning, "Attempts did not end in time when a stop was asked for."},
    EventName{"queue.store.unavailable", Level::warning, "The mail store cannot be asked; the mail is tried again."},
    // relay: relayd
    EventName{"relay.attempt.done", Level::info, "An attempt at another host has ended."},
    // smtp: smtpd
    EventName{"smtp.certificate.refused", Level::error, "The new certificate could not be used; the old one stays."},
    EventName{"smtp.delivery.failed", Level::warning, "The store could not deliver to a mailbox; error= says why."},
    EventName{"smtp.directory.unavailable", Level::warning,
              "A recipient could not be looked up; the client was told 451."},
    EventName{"smtp.login.accepted", Level::info, "A user signed in for submission."},
    EventName{"smtp.login.refused", Level::info, "AUTH failed: credentials, a closed account, or no directory."},
    EventName{"smtp.message.accepted", Level::info,
              "A message is durable in store or queue and was answered with 250."},
    EventName{"smtp.message.deferred", Level::warning, "A message was refused for now (4xx); reply= says why."},
    EventName{"smtp.message.refused", Level::info, "A message was refused after its data (5xx)."},
    EventName{"smtp.queue.unavailable", Level::warning, "queued could not take a message."},
    EventName{"smtp.rcpt.deferred", Level::info, "A recipient was refused for now (4xx)."},
    EventName{"smtp.rcpt.refused", Level::info, "A recipient was refused (5xx)."},
    EventName{"smtp.session.refused", Level::info, "A client was turned away: too many, early talker, other protocol."},
    EventName{"smtp.store.unavailable", Level::warning, "stored could not be asked or did not answer."},
    EventName{"smtp.tls.failed", Level::info, "A TLS handshake failed."},
    // store: stored
    EventName{"store.account.created", Level::info, "The first delivery or login made an account's directory."},
    EventName{"store.account.exchanged", Level::alarm,
              "The directory or log of an account in use was replaced by another; it was read anew."},
    EventName{"store.account.owner_differs", Level::alarm,
              "Mail of another entry (entryUUID) lies where a user's should."},
    EventName{"store.account.rolled_back", Level::alarm,
              "An account is older than what was shown of it; its folders got new UIDVALIDITYs."},
    EventName{"store.ballast.failed", Level::warning, "The ballast of a partition could not be made."},
    EventName{"store.ballast.given_up", Level::alarm,
              "The disk is full: the ballast was given up, so that mail can still be deleted."},
    EventName{"store.ballast.made", Level::info, "There is room: the ballast of a partition was made."},
    EventName{"store.commit.failed", Level::error, "A change could not be made durable; it was refused, temporarily."},
    EventName{"store.file.aside", Level::warning,
              "What was not understood lies in its account's aside/, or has the name now=."},
    EventName{"store.file.unsynced", Level::error,
              "A foreign file could not be made durable; it counts once its content is written anew."},
    EventName{"store.folder.gone", Level::alarm,
              "The directory of a folder is missing; it was made anew, its messages count as expunged."},
    EventName{"store.index.absent", Level::alarm,
              "No index can be made (error= says why): mail is taken, sessions wait until there is one."},
    EventName{"store.index.aside", Level::alarm,
              "The index was ruined or LMDB crashed on it twice in a minute; it was set aside, a new one begun."},
    EventName{"store.index.failed", Level::error, "The index could not be written; the account is published anew."},
    EventName{"store.index.full", Level::alarm, "The index outgrew its largest size; a new one is begun."},
    EventName{"store.index.given_up", Level::error, "Nobody may believe the index any more; a new one is begun."},
    EventName{"store.index.grown", Level::info, "The address space of the index was made larger."},
    EventName{"store.index.lost", Level::alarm, "Somebody removed the index of a running stored; it begins a new one."},
    EventName{"store.index.possible", Level::info, "An index can be made again; stored starts anew with it."},
    EventName{"store.index.remembered", Level::info,
              "The old index could not be used, but tells what it had shown of each account."},
    EventName{"store.log.damaged", Level::alarm, "An account's log was damaged; it was set aside and rebuilt."},
    EventName{"store.log.torn", Level::warning, "An unfinished record was cut off a log: a crash interrupted it."},
    EventName{"store.names.failed", Level::warning, "Flags could not be brought into file names; tried again later."},
    EventName{"store.partition.fenced", Level::warning,
              "The process before may live on, on another machine; logs are renewed before they are written to."},
    EventName{"store.partition.opened", Level::info, "stored has the partition to itself."},
    EventName{"store.partition.rolled_back", Level::alarm,
              "The partition is older than what is known of it; accounts that may be older get new UIDVALIDITYs."},
    EventName{"store.partition.taken_over", Level::alarm,
              "Another stored has opened the partition; this one changes and shows nothing any more."},
    EventName{"store.partition.unwitnessed", Level::warning,
              "The opening of a partition could not be noted outside of it."},
    EventName{"store.quota.warning", Level::warning,
              "A mailbox holds most of its quota now; said again only after it was below."},
    EventName{"store.removal.failed", Level::warning, "A file of an expunged message could not be removed yet."},
    EventName{"store.transfer.unfinished", Level::warning,
              "Messages that move to another account could not arrive yet; the next who opens either goes on."},
    EventName{"store.usage.failed", Level::warning, "The sums of the domains could not be written."},
    EventName{"store.usage.recounted", Level::info, "All accounts were counted: the sums of the domains are exact."},
    EventName{"store.usage.unreadable", Level::warning, "The sums of the domains are lost; all accounts are counted."},
};

constexpr bool is_known(std::string_view name) {
  for (const EventName& known : event_names) {
    if (known.name == name) return true;
  }
  return false;
}

}  // namespace mailtree::log
