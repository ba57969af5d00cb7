"""Counts requests as they pass and deliveries when asked; a count is at most ten seconds old."""

from __future__ import annotations

import threading

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from briefings.model.delivery import IssueState, State
from briefings.pipeline.status import issue_status
from briefings.store import issues
from briefings.wiring import App

KEPT_SECONDS = 10.0
"""Counting a million rows takes some 0.3 s: not more often than this."""


class Metrics:
    """What one web process tells Prometheus."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "briefings_requests",
            "Answered requests by route template, method and status.",
            ("route", "method", "status"),
            registry=self._registry,
        )
        self._deliveries = Gauge(
            "briefings_deliveries",
            "Deliveries of open and paused issues by state; accepted means the next mail server "
            "took it.",
            ("issue", "state"),
            registry=self._registry,
        )
        self._counted: float | None = None
        self._one_at_a_time = threading.Lock()

    def answered(self, route: str, method: str, status: int) -> None:
        """Count one answer."""
        self._requests.labels(route, method, str(status)).inc()

    def text(self, seconds: float) -> bytes:
        """The counts in the text format of Prometheus; `seconds` is the time since 1970."""
        with self._one_at_a_time:
            if self._counted is None or not 0 <= seconds - self._counted < KEPT_SECONDS:
                self._count()
                self._counted = seconds
        return generate_latest(self._registry)

    def _count(self) -> None:
        self._deliveries.clear()
        with self._app.db.read() as tx:
            for issue in issues.find(tx):
                if issue.state in (IssueState.OPEN, IssueState.PAUSED):
                    states = issue_status(tx, issue).states
                    for state in State:
                        self._deliveries.labels(issue.name, state.value).set(states.get(state, 0))
