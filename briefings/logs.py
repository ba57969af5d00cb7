"""Loggers that load structlog when something is said: most commands say nothing, and it is slow.

It never decides how lines look; web.logs configures that for the service.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Log:
    """Says events with fields under one name, as `structlog.get_logger(name)` does."""

    name: str

    def info(self, event: str, **fields: object) -> None:
        """Say what happened."""
        import structlog

        structlog.get_logger(self.name).info(event, **fields)

    def warning(self, event: str, **fields: object) -> None:
        """Say what should not go on."""
        import structlog

        structlog.get_logger(self.name).warning(event, **fields)
