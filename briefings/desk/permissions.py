"""Who may do what at the desk: one table of roles, one of routes; it asks no database.

What has no line here cannot be registered as a route, and is answered with a refusal.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum

from briefings.errors import Misconfigured
from briefings.model.user import DeskRole


class Permission(StrEnum):
    """What a route asks of who uses it."""

    ANYBODY = "sign in"
    """Also who is not signed in."""
    LOOK = "look at the desk"
    WRITE = "write and order items"
    APPROVE = "approve editions"
    RELEASE = "let issues go, pause and cancel them"
    STOP = "stop everything"
    GO = "let everything go on again"
    AUDIT = "read the audit log"
    PEOPLE = "add and remove people"


_AUTHOR = frozenset({Permission.LOOK, Permission.WRITE, Permission.STOP})
_EDITOR = _AUTHOR | {Permission.APPROVE, Permission.AUDIT}
GRANTS: Mapping[DeskRole, frozenset[Permission]] = {
    DeskRole.VIEWER: frozenset({Permission.LOOK}),
    DeskRole.AUTHOR: _AUTHOR,
    DeskRole.EDITOR: _EDITOR,
    DeskRole.SENDER: _EDITOR | {Permission.RELEASE},
    DeskRole.OPERATOR: frozenset(
        {
            Permission.LOOK,
            Permission.STOP,
            Permission.GO,
            Permission.RELEASE,
            Permission.AUDIT,
            Permission.PEOPLE,
        }
    ),
}
"""What each role may; who has several roles may what any of them may."""

ROUTES: Mapping[str, Permission] = {
    "GET /desk/sign-in": Permission.ANYBODY,
    "POST /desk/sign-in": Permission.ANYBODY,
    "GET /desk/sign-in/{token}": Permission.ANYBODY,
    "POST /desk/sign-in/{token}": Permission.ANYBODY,
    "POST /desk/sign-out": Permission.LOOK,
    "GET /desk": Permission.LOOK,
    "GET /desk/weeks/{week}": Permission.LOOK,
    "POST /desk/weeks/{week}/assemble": Permission.WRITE,
    "GET /desk/weeks/{week}/links": Permission.LOOK,
    "POST /desk/weeks/{week}/links": Permission.WRITE,
    "GET /desk/weeks/{week}/approve": Permission.LOOK,
    "POST /desk/weeks/{week}/approve": Permission.APPROVE,
    "POST /desk/weeks/{week}/unapprove": Permission.APPROVE,
    "POST /desk/weeks/{week}/skip": Permission.RELEASE,
    "POST /desk/weeks/{week}/move": Permission.RELEASE,
    "GET /desk/editions/{week}/{slug}": Permission.LOOK,
    "GET /desk/editions/{week}/{slug}/preview": Permission.LOOK,
    "GET /desk/editions/{week}/{slug}/mail": Permission.LOOK,
    "POST /desk/editions/{week}/{slug}/words": Permission.WRITE,
    "POST /desk/editions/{week}/{slug}/move": Permission.WRITE,
    "POST /desk/editions/{week}/{slug}/order": Permission.WRITE,
    "POST /desk/editions/{week}/{slug}/pin": Permission.WRITE,
    "POST /desk/editions/{week}/{slug}/leave-out": Permission.WRITE,
    "POST /desk/editions/{week}/{slug}/take-in": Permission.WRITE,
    "POST /desk/editions/{week}/{slug}/take-newest": Permission.WRITE,
    "POST /desk/editions/{week}/{slug}/as-assembled": Permission.WRITE,
    "POST /desk/editions/{week}/{slug}/restore": Permission.WRITE,
    "POST /desk/editions/{week}/{slug}/hold": Permission.WRITE,
    "POST /desk/editions/{week}/{slug}/skip": Permission.WRITE,
    "POST /desk/editions/{week}/{slug}/test-mail": Permission.WRITE,
    "POST /desk/editions/{week}/{slug}/links": Permission.WRITE,
    "GET /desk/stop": Permission.STOP,
    "POST /desk/stop": Permission.STOP,
    "GET /desk/go": Permission.GO,
    "POST /desk/go": Permission.GO,
    "GET /desk/search": Permission.LOOK,
    "GET /desk/inbox": Permission.LOOK,
    "POST /desk/inbox/triage": Permission.WRITE,
    "POST /desk/inbox/join": Permission.WRITE,
    "GET /desk/items/new": Permission.WRITE,
    "POST /desk/items/new": Permission.WRITE,
    "POST /desk/items/unsaved": Permission.WRITE,
    "POST /desk/items/forget": Permission.WRITE,
    "POST /desk/items/preview": Permission.WRITE,
    "POST /desk/items/reach": Permission.WRITE,
    "GET /desk/items/{id}": Permission.WRITE,
    "POST /desk/items/{id}": Permission.WRITE,
    "GET /desk/items/{id}/history": Permission.LOOK,
    "POST /desk/items/{id}/restore": Permission.WRITE,
    "GET /desk/seeds": Permission.APPROVE,
    "POST /desk/seeds": Permission.APPROVE,
    "POST /desk/seeds/{id}/remove": Permission.APPROVE,
    "GET /desk/people": Permission.PEOPLE,
    "POST /desk/people": Permission.PEOPLE,
    "POST /desk/people/{id}/remove": Permission.PEOPLE,
    "GET /desk/sessions": Permission.LOOK,
    "POST /desk/sessions/{id}/end": Permission.LOOK,
    "GET /desk/audit": Permission.AUDIT,
    "GET /desk/board": Permission.LOOK,
    "GET /desk/board/{week}": Permission.LOOK,
    "POST /desk/board/{week}/move": Permission.WRITE,
    "GET /desk/corrections": Permission.LOOK,
    "GET /desk/corrections/{id}": Permission.WRITE,
    "GET /desk/corrections/{id}/mail": Permission.WRITE,
    "GET /desk/corrections/{id}/readers.csv": Permission.RELEASE,
    "POST /desk/corrections/{id}": Permission.RELEASE,
    "GET /desk/numbers": Permission.LOOK,
    "GET /desk/issues": Permission.LOOK,
    "GET /desk/issues/{issue}": Permission.LOOK,
    "GET /desk/issues/{issue}/states.csv": Permission.RELEASE,
    "POST /desk/issues/{issue}/pause": Permission.RELEASE,
    "POST /desk/issues/{issue}/resume": Permission.RELEASE,
    "POST /desk/issues/{issue}/release": Permission.RELEASE,
    "GET /desk/issues/{issue}/cancel": Permission.RELEASE,
    "POST /desk/issues/{issue}/cancel": Permission.RELEASE,
    "GET /desk/issues/{issue}/unsure": Permission.RELEASE,
    "POST /desk/issues/{issue}/unsure": Permission.RELEASE,
}
"""What each route asks; HEAD asks what GET does. Beyond that a handler may refuse single rows."""


def permission_of(route: str) -> Permission:
    """What a route such as `POST /desk/people` asks.

    Raises:
        Misconfigured: it has no line in the table.
    """
    try:
        return ROUTES[route]
    except KeyError:
        raise Misconfigured(
            f"{route} has no line in briefings/desk/permissions.py: say who may use it."
        ) from None


def may(roles: Collection[DeskRole], permission: Permission) -> bool:
    """Whether somebody with these roles, none for who is not signed in, may do that."""
    if permission is Permission.ANYBODY:
        return True
    return any(permission in GRANTS[role] for role in roles)


def roles_that_may(permission: Permission) -> tuple[DeskRole, ...]:
    """The roles that may do that, as a refusal names them."""
    return tuple(role for role in DeskRole if may((role,), permission))
