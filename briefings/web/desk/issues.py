"""Issues while they go: waves, rate, states with reasons; pause, resume, cancel, decide."""

from __future__ import annotations

from fastapi import Response
from fastapi.responses import StreamingResponse

from briefings.desk.permissions import Permission
from briefings.desk.progress import STATES_IN_WORDS
from briefings.errors import Conflict, NotFound
from briefings.model.delivery import IssueState, State
from briefings.pipeline import on_record
from briefings.pipeline.watching import Watched, as_csv, overview, watch
from briefings.web.desk.door import Act, Door
from briefings.web.desk.said import Undo
from briefings.web.desk.visit import Visit

_ISSUES = "/desk/issues"
_ONE = f"{_ISSUES}/{{issue}}"


def register(door: Door) -> None:
    """Add the routes."""
    _looking(door)
    _acting(door)


def _looking(door: Door) -> None:
    @door.page(_ISSUES)
    def newest(visit: Visit) -> Response:
        """List the newest issues."""
        return visit.show(
            "issues.html", title="Issues", section="issues", issues=overview(visit.chain)
        )

    @door.page(_ONE)
    def one(visit: Visit) -> Response:
        """Show one issue as it stands now."""
        return _shown(visit, "issue.html", watch(visit.chain, visit.word("issue")))

    @door.page(f"{_ONE}/states.csv")
    def states(visit: Visit) -> Response:
        """Give the rows as CSV, in one state or all."""
        name, wanted = visit.word("issue"), visit.query("state")
        if wanted and wanted not in set(State):
            raise NotFound(f"{wanted!r} is no state of a mail.")
        pieces = as_csv(visit.chain, name, State(wanted) if wanted else None)
        file = f"{name}-{wanted or 'all'}.csv"
        return StreamingResponse(
            pieces,
            media_type="text/csv; charset=utf-8",
            headers={"content-disposition": f'attachment; filename="{file}"'},
        )

    @door.page(f"{_ONE}/cancel")
    def ask_cancel(visit: Visit) -> Response:
        """Ask once more, with the number of mails that will not leave."""
        return _shown(visit, "issue-cancel.html", watch(visit.chain, visit.word("issue")))

    @door.page(f"{_ONE}/unsure")
    def ask_unsure(visit: Visit) -> Response:
        """Show what is unsure, and the two ways to settle it."""
        return _shown(visit, "issue-unsure.html", watch(visit.chain, visit.word("issue")))


def _shown(visit: Visit, template: str, seen: Watched) -> Response:
    issue = seen.status.issue
    return visit.show(
        template,
        title=issue.name,
        section="issues",
        seen=seen,
        issue=issue,
        states=[
            (state, seen.status.states.get(state, 0), words)
            for state, words in STATES_IN_WORDS.items()
        ],
        may_release=visit.may(Permission.RELEASE),
    )


def _acting(door: Door) -> None:
    @door.act(f"{_ONE}/release", on_record.RELEASE)
    def release(act: Act) -> Response:
        """Let those go who waited behind the seed readers."""
        name, waited = act.visit.word("issue"), watch(act.chain, act.visit.word("issue")).status
        if not on_record.release(act.record, name):
            raise Conflict(f"{name} was released before. Look at it again.")
        paused = waited.issue.state is IssueState.PAUSED
        undo = None if paused else Undo(path=f"{_ISSUES}/{name}/pause", fields=(), button="Pause")
        words = f"Released: {waited.waiting:,} mails leave at their hours"
        then = ", once the issue is resumed." if paused else ". Pausing stops what has not left."
        return act.visit.go(f"{_ISSUES}/{name}", words + then, undo)

    @door.act(f"{_ONE}/pause", on_record.PAUSE)
    def pause(act: Act) -> Response:
        """Pause an open issue."""
        name = _state(act, IssueState.OPEN)
        on_record.pause(act.record, name)
        undo = Undo(path=f"{_ISSUES}/{name}/resume", fields=(), button="Resume")
        return act.visit.go(f"{_ISSUES}/{name}", "Paused: no further mail of it starts.", undo)

    @door.act(f"{_ONE}/resume", on_record.RESUME)
    def resume(act: Act) -> Response:
        """Let a paused issue go on."""
        name = _state(act, IssueState.PAUSED)
        on_record.resume(act.record, name)
        undo = Undo(path=f"{_ISSUES}/{name}/pause", fields=(), button="Pause again")
        return act.visit.go(f"{_ISSUES}/{name}", "It goes on.", undo)

    @door.act(f"{_ONE}/cancel", on_record.CANCEL, whole=False)
    def cancel(act: Act) -> Response:
        """End an issue for good."""
        name = _state(act, IssueState.OPEN, IssueState.PAUSED, IssueState.FREEZING)
        words = on_record.cancel(act.record, name)
        return act.visit.go(f"{_ISSUES}/{name}", words)

    @door.act(f"{_ONE}/unsure", on_record.UNSURE)
    def unsure(act: Act) -> Response:
        """Take unsure mails as accepted, or send them again."""
        name, again = act.visit.word("issue"), act.visit.field("do") == "resend"
        number = on_record.settle_unsure(act.record, name, again=again)
        if not number:
            raise Conflict(f"{name} has no unsure mails any more.")
        done = "will be sent again" if again else "count as accepted"
        return act.visit.go(f"{_ISSUES}/{name}", f"{number} unsure mails {done}.")


def _state(act: Act, *wanted: IssueState) -> str:
    """The issue's name, if it is in one of these states.

    Raises:
        NotFound: there is no such issue.
        Conflict: it is in another state.
    """
    name = act.visit.word("issue")
    issue = watch(act.chain, name).status.issue
    if issue.state not in wanted:
        raise Conflict(f"{name} is {issue.state} now, so that cannot be done. Look at it again.")
    return name
