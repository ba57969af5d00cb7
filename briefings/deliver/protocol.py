"""One SMTP conversation after login: envelopes, bodies and replies on the wire, without awaiting.

It never connects, never judges a reply (see retry) and never decides which mail comes next.
The order on the wire, with PIPELINING (RFC 2920) and with CHUNKING (RFC 3030):

    DATA   [MAIL RCPT DATA] 354> [body . MAIL RCPT DATA] 250,250,250,354> [body . ...
    BDAT   [MAIL RCPT] 250,250>  [BDAT n LAST body MAIL RCPT] 250,250,250> [BDAT ...

Square brackets are one write. A body leaves only after its recipient was accepted, so a refused
reader, a closed connection or a withdrawn mail costs no body and is never unsure; one body per
conversation is on the way at a time, so at most one mail is unsure when everything dies.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from briefings.deliver.replies import CODES, ReplyLines, agreed_to, parse_reply
from briefings.deliver.retry import judge, outcome_of
from briefings.deliver.terms import Callbacks, Ended, Limits, Permission
from briefings.deliver.wire import Extensions, Outgoing, envelope
from briefings.model.reply import (
    Outcome,
    PauseLane,
    Rejected,
    Reply,
    Returned,
    Stage,
    Unsure,
)

if TYPE_CHECKING:
    from briefings.deliver.departures import Departures
    from briefings.deliver.send_log import SendLog

_START_INPUT = 354
_INTERMEDIATE = range(300, 400)
_SMALL = 2048
"""Bytes in the transport's buffer below which the last byte of a body may have left."""
_FINE = Reply(code=250, enhanced=None, text="", stage=Stage.RCPT)
_GO_AHEAD = Reply(code=_START_INPUT, enhanced=None, text="", stage=Stage.DATA)
"""Nobody reads the words of a reply that only says "go on": 10 us a mail."""
_SIMPLE = (Stage.MAIL, Stage.RCPT, Stage.RSET)


class Conversation(asyncio.Protocol):
    """Speaks SMTP over a transport that is connected, encrypted and logged in.

    Every mail taken from `feed` is given to `done` exactly once, also when everything fails.
    """

    def __init__(
        self,
        *,
        calls: Callbacks,
        log: SendLog,
        departures: Departures,
        offered: Extensions,
        limits: Limits,
    ) -> None:
        loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[Ended] = loop.create_future()
        self.closed: asyncio.Future[None] = loop.create_future()
        """Done when the connection is gone, some time after the end: nobody waits for QUIT."""
        self._calls = calls
        self._log = log
        self._departures = departures
        self._offered = offered
        self._limits = limits
        self._piped = offered.pipelining
        self._chunked = offered.pipelining and offered.chunking
        self._transport: asyncio.Transport | None = None
        self._expected: deque[Stage] = deque()
        self._unsent: deque[tuple[Stage, bytes]] = deque()
        self._opening: Outgoing | None = None
        self._refusal: Reply | None = None
        self._leaving: Outgoing | None = None
        self._attached = False
        self._blocked = False
        self._encrypted = False
        self._lines = ReplyLines()
        self._busy = False
        self._draining = False
        self._over = False
        self._taken = 0
        self._accepted = 0
        self._began = self._since = calls.clock()
        self._timer: asyncio.TimerHandle | None = None

    # ---- what the lane calls ------------------------------------------------------------

    def begin(self, transport: asyncio.Transport) -> None:
        """Take over a transport and write the first envelope, if there is a mail."""
        self._transport = transport
        self._encrypted = transport.get_extra_info("sslcontext") is not None
        transport.set_protocol(self)
        transport.set_write_buffer_limits(high=_SMALL, low=_SMALL)
        self._began = self._since = self._calls.clock()
        if self._over:
            transport.abort()
            return
        self._departures.enter()
        if transport.is_closing():
            self.connection_lost(None)
            return
        self._watch()
        self._advance()

    def wake(self) -> None:
        """Ask for mail again after `feed` had none; harmless at any other time."""
        if self._transport is not None and not self._busy and not self._over:
            self._advance()

    def drain(self) -> None:
        """Take no new mail, give back the one whose body has not left, let the open one finish."""
        self._draining = True
        if not self._over and not self._busy:
            self._finish_draining()

    def give_up(self, reason: str) -> None:
        """End at once; a mail whose last byte may have left becomes unsure."""
        if not self._over:
            self._finish(Ended(reason=reason, accepted=self._accepted), abort=True)

    def cut(self) -> None:
        """Close the connection without a word; for one that has ended and does not go."""
        assert self._transport is not None
        self._transport.abort()

    @property
    def idle(self) -> bool:
        """Tell whether no mail is in the hands of this conversation."""
        return self._leaving is None and self._opening is None

    # ---- what the transport calls -------------------------------------------------------

    def pause_writing(self) -> None:
        """Note that more than a rest of the body is still in this process."""
        self._blocked = True

    def resume_writing(self) -> None:
        """Note that the last byte may have left."""
        self._blocked = False

    def data_received(self, data: bytes) -> None:
        """Read replies, settle what they answer, and write what may go next."""
        if self._over:
            return
        self._busy = True
        try:
            for line in self._lines.cut(data):
                if not self._over:
                    self._answered(line)
            if self._lines.endless and not self._over:
                self._broken("a reply without end")
            self._since = self._calls.clock()
            if not self._over:
                self._advance()
        finally:
            self._busy = False
            if not self._departures.near:
                self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        """Settle what was open: the body on its way is unsure unless it provably stayed here."""
        if not self.closed.done():
            self.closed.set_result(None)
        if self._over:
            return
        reason = f"the connection was closed ({exc})" if exc else "the server closed the connection"
        harmless = self._leaving is None and (self._accepted or not self._expected)
        verdict = None if harmless else PauseLane(reason)
        self._finish(
            Ended(reason=reason, accepted=self._accepted, verdict=verdict), abort=True, lost=True
        )

    # ---- reading ------------------------------------------------------------------------

    def _answered(self, line: bytes) -> None:
        expected = self._expected
        stage = expected[0] if expected else Stage.QUIT
        # What nearly every line is, without another call: "go on" to MAIL, or to a RCPT behind
        # which DATA has left already, and "taken" to a whole mail.
        if stage is Stage.FINAL:
            mail = self._leaving
            agreed = agreed_to(line[:CODES]) if mail is not None else None
            if mail is not None and agreed is not None:
                expected.popleft()
                self._settle_leaving(mail, agreed.reply, agreed)
                return
        elif (
            self._piped
            and (stage is Stage.MAIL or (stage is Stage.RCPT and not self._chunked))
            and line.startswith(b"250")
        ):
            expected.popleft()
            return
        if stage is Stage.DATA:
            reply = _GO_AHEAD if line.startswith(b"354") else None
        else:
            reply = _FINE if stage in _SIMPLE and line.startswith(b"250") else None
        try:
            reply = reply or parse_reply(line, stage)
        except ValueError as trouble:
            self._broken(str(trouble))
            return
        if not self._expected or reply.code == 421:  # noqa: PLR2004 - RFC 5321 section 3.8: closing
            self._said_goodbye(reply)
            return
        self._expected.popleft()
        self._take_in(stage, reply)

    def _take_in(self, stage: Stage, reply: Reply) -> None:
        if stage is Stage.FINAL:
            self._take_in_final(reply)
        elif stage is Stage.RSET:
            if not reply.positive:
                self._broken(f"RSET was refused: {reply}")
        elif stage is Stage.DATA:
            self._take_in_go_ahead(reply)
        else:
            self._take_in_envelope(stage, reply)

    def _take_in_final(self, reply: Reply) -> None:
        if reply.code in _INTERMEDIATE:
            self._broken(f"{reply} is no answer to a whole mail")
        elif (mail := self._leaving) is not None:
            self._settle_leaving(mail, reply, outcome_of(reply))
        else:
            self._settle_refused()  # the answer to the lone dot

    def _take_in_envelope(self, stage: Stage, reply: Reply) -> None:
        if self._refusal is None and not reply.positive:
            self._refusal = reply
        if stage is Stage.RCPT and self._chunked:
            if self._refusal is None:
                self._departures.add(self)
            else:
                self._settle_refused()
        elif not self._piped and self._refusal is not None:
            self._settle_refused()

    def _take_in_go_ahead(self, reply: Reply) -> None:
        if reply.code == _START_INPUT:
            if self._refusal is None:
                self._departures.add(self)
            else:
                self._write([b".\r\n"], [Stage.FINAL])  # RFC 2920 section 3.1
            return
        if self._refusal is None:
            self._refusal = reply
        self._settle_refused()

    def _settle_leaving(self, mail: Outgoing, reply: Reply, outcome: Outcome) -> None:
        self._leaving = None
        self._log.answered(mail.delivery_id, reply)
        if reply.positive:
            self._accepted += 1
        self._calls.done(mail, outcome)
        if self._draining:
            self._finish(Ended(reason="drained", accepted=self._accepted))

    def _settle_refused(self) -> None:
        mail, reply = self._opening, self._refusal
        self._opening = self._refusal = None
        self._unsent.clear()
        self._reset()
        assert mail is not None
        assert reply is not None
        self._log.answered(mail.delivery_id, reply)
        self._calls.done(mail, outcome_of(reply))

    def _said_goodbye(self, reply: Reply) -> None:
        mail = self._leaving
        if self._expected and self._expected[0] is Stage.FINAL and mail is not None:
            self._settle_leaving(mail, reply, outcome_of(reply))
        if self._over:
            return
        verdict = judge(reply)
        quiet = self.idle and not self._expected
        pause = verdict if isinstance(verdict, PauseLane) and not quiet else None
        self._finish(Ended(reason=str(reply), accepted=self._accepted, verdict=pause))

    def _broken(self, what: str) -> None:
        reason = f"the server does not keep to SMTP: {what}"
        self._finish(
            Ended(reason=reason, accepted=self._accepted, verdict=PauseLane(reason)), abort=True
        )

    # ---- writing ------------------------------------------------------------------------

    def _advance(self) -> None:
        """Write the next envelope or command when nothing is in its way."""
        if self._expected and not self._piped:
            return
        if self._unsent:
            stage, line = self._unsent.popleft()
            self._write([line], [stage])
        elif self.idle:
            self._busy, was_busy = True, self._busy
            commands = self._open_next()
            self._busy = was_busy
            if commands:
                self._write([line for _, line in commands], [stage for stage, _ in commands])
            elif self._used_up():
                self._finish(Ended(reason="used up", accepted=self._accepted))
        if self._draining and not self._over:
            self._finish_draining()

    def _open_next(self) -> list[tuple[Stage, bytes]]:
        """Take the next mail and return the commands that may be written for it now."""
        opened = None if self._draining or self._used_up() else self._take()
        if opened is None:
            return []
        self._opening, self._refusal = opened[0], None
        commands = [(Stage.MAIL, opened[1]), (Stage.RCPT, opened[2])]
        if not self._chunked:
            commands.append((Stage.DATA, b"DATA\r\n"))
        if self._piped:
            return commands
        self._unsent.extend(commands[1:])
        return commands[:1]

    def _take(self) -> tuple[Outgoing, bytes, bytes] | None:
        """Return the next mail that this server can take; refuse the others one by one."""
        while (mail := self._calls.feed()) is not None:
            lines = envelope(mail, self._offered)
            if isinstance(lines, tuple):
                self._taken += 1
                return mail, *lines
            self._calls.done(mail, Rejected(lines))
        return None

    # ---- what the departures call, in this order ----------------------------------------

    @property
    def bound(self) -> int | None:
        """The row whose body waits for its turn; None when it ended meanwhile."""
        return None if self._opening is None else self._opening.delivery_id

    def depart(self) -> None:
        """Write the body and the next envelope: the body's `D` record is in the file."""
        mail = self._opening
        assert mail is not None
        self._busy = True
        self._opening, self._leaving = None, mail
        if self._chunked:
            parts = [b"BDAT %d LAST\r\n" % len(mail.content), mail.content]
        else:
            parts = [mail.content, b".\r\n"]
        stages = [Stage.FINAL]
        self._attached = False
        if self._piped:
            for stage, line in self._open_next():
                parts.append(line)
                stages.append(stage)
                self._attached = True
        self._write(parts, stages)
        self._busy = False
        if self._draining and not self._over:
            self._finish_draining()

    def withhold(self, permission: Permission) -> None:
        """Give the mail back whose body may not leave, and go on if the server allows it."""
        if permission is Permission.STOP:
            reason = "this process may not send any more (its lease lapsed)"
            self._finish(Ended(reason=reason, accepted=self._accepted, stopped=True), abort=True)
            return
        self._busy = True
        self._give_back("withdrawn before its body left")
        self._busy = False
        if self._over:
            return
        if self._chunked:
            self._advance()
        else:  # after 354 even a lone dot would send an empty mail
            self._finish(Ended(reason="withdrawn", accepted=self._accepted), abort=True)

    def lose_log(self, trouble: OSError) -> None:
        """End at once: the record cannot be written, and no mail leaves without it."""
        reason = f"The send log cannot be written ({trouble.strerror}); no mail without it"
        self._finish(
            Ended(reason=reason, accepted=self._accepted, stopped=True, failure=trouble), abort=True
        )

    def _reset(self) -> None:
        self._write([b"RSET\r\n"], [Stage.RSET])

    def _write(self, parts: list[bytes], stages: list[Stage]) -> None:
        if not self._expected:
            self._since = self._calls.clock()
        self._expected.extend(stages)
        assert self._transport is not None
        if not self._over:  # `feed` may have ended us
            self._transport.writelines(parts)

    def _flush(self) -> None:
        try:
            self._log.flush()
        except OSError as trouble:
            if not self._over:
                self.lose_log(trouble)

    # ---- ending -------------------------------------------------------------------------

    def _used_up(self) -> bool:
        return (
            self._taken >= self._limits.mails
            or self._calls.clock() - self._began >= self._limits.lifetime
        )

    def _finish_draining(self) -> None:
        if self._leaving is None:
            self._finish(Ended(reason="drained", accepted=self._accepted))
        elif self._opening is not None:
            self._give_back("the sender is shutting down")

    def _give_back(self, reason: str) -> None:
        mail, self._opening = self._opening, None
        self._refusal = None
        self._unsent.clear()
        assert mail is not None
        if self._chunked and not self._draining:
            self._reset()
        self._calls.done(mail, Returned(reason))

    def _finish(self, ended: Ended, *, abort: bool = False, lost: bool = False) -> None:
        """Settle everything that is open, close, and tell the lane; called once."""
        self._over = True
        if self._timer is not None:
            self._timer.cancel()
        transport = self._transport
        if transport is not None:
            self._departures.leave()
        clean = not (abort or self._expected or self._opening or self._leaving)
        if (mail := self._leaving) is not None:
            self._leaving = None
            self._calls.done(mail, self._last_word_on(mail, ended.reason, lost=lost))
        if (mail := self._opening) is not None:
            self._opening = None
            self._calls.done(mail, Returned(ended.reason))
        if not self._busy:
            self._flush()
        if transport is not None and clean:
            transport.write(b"QUIT\r\n")
            transport.close()
        elif transport is not None:
            transport.abort()
        if not self.ended.done():
            self.ended.set_result(ended)

    def _last_word_on(self, mail: Outgoing, reason: str, *, lost: bool) -> Outcome:
        """Tell a body that provably stayed in this process from one that may have arrived."""
        if lost and self._blocked and not self._attached and not self._encrypted:
            self._log.never_left(mail.delivery_id)
            return Returned(f"{reason} in the middle of the body")
        return Unsure(f"{reason} after the last byte and before the answer")

    # ---- waiting ------------------------------------------------------------------------

    def _watch(self) -> None:
        """Look once in a while whether the server is silent: no timer per mail."""
        limits = self._limits
        waited = self._calls.clock() - self._since
        if not self._expected:
            if self.idle and (waited >= limits.idle or self._used_up()):
                reason = "used up" if self._used_up() else "idle"
                self._finish(Ended(reason=reason, accepted=self._accepted))
                return
        elif waited >= self._patience():
            stage = self._expected[0]
            reason = f"the server gave no answer to {stage} for {waited:.0f} s"
            self._finish(
                Ended(reason=reason, accepted=self._accepted, verdict=PauseLane(reason)),
                abort=True,
            )
            return
        shortest = min(limits.envelope, limits.go_ahead, limits.final, limits.idle)
        pause = min(max(shortest / 4, 0.01), 1.0)
        self._timer = asyncio.get_running_loop().call_later(pause, self._watch)

    def _patience(self) -> float:
        stage = self._expected[0]
        if stage is Stage.DATA:
            return self._limits.go_ahead
        return self._limits.envelope if stage in _SIMPLE else self._limits.final
