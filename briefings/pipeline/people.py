"""Adds, lists and removes the people of the desk; who may do that is decided by who calls."""

from __future__ import annotations

from collections.abc import Sequence

from briefings.errors import Misconfigured, NotFound, Refused, Remedy
from briefings.model.address import parse_address
from briefings.model.user import DeskRole, User
from briefings.pipeline.chain import Chain
from briefings.pipeline.recorded import Record
from briefings.store import users

LONGEST_NAME = 80


class BadPerson(Misconfigured):
    """An address, a name or the roles cannot be taken; the message says why, `field` which."""

    def __init__(self, cause: str, field: str) -> None:
        super().__init__(cause)
        self.field = field


def add(
    record: Record, email: str, *, name: str, roles: Sequence[str], may_approve_own: bool
) -> User:
    """Add a person, or change the roles and the name of one who is there.

    Raises:
        BadPerson: the address is none, a role is unknown, or there is no role.
        Refused: it would leave the desk without an operator.
    """
    try:
        address = parse_address(email)
    except ValueError as wrong:
        raise BadPerson(f"The address cannot be used: {wrong}.", "email") from None
    chosen = roles_of(roles)
    called = " ".join(name.split())
    if len(called) > LONGEST_NAME or not called.isprintable():
        raise BadPerson(
            f"A name has at most {LONGEST_NAME} letters, and no control characters.", "name"
        )
    chain = record.chain
    with chain.db.write() as tx:
        known = users.by_email(tx, address.text)
        if known is not None and DeskRole.OPERATOR not in chosen:
            _keep_an_operator(users.everybody(tx), known)
        made = users.put(
            tx,
            address.text,
            name=called,
            roles=chosen,
            may_approve_own=may_approve_own,
            now=chain.clock(),
        )
    record.changed(made.email, before=in_words(known), after=in_words(made))
    return made


def remove(record: Record, user: User) -> None:
    """Remove a person and sign them out everywhere; what they did stays in the audit log.

    Raises:
        NotFound: somebody else removed them first.
        Refused: it is the last operator.
    """
    with record.chain.db.write() as tx:
        _keep_an_operator(users.everybody(tx), user)
        if not users.remove(tx, user.id):
            raise NotFound(f"{user.email} is not at the desk any more.")
    record.changed(user.email, before=in_words(user), after="")


def everybody(chain: Chain) -> list[User]:
    """All people of the desk, by address."""
    with chain.db.read() as tx:
        return users.everybody(tx)


def person(chain: Chain, *, email: str = "", number: int = 0) -> User:
    """One person, by address or by number.

    Raises:
        NotFound: there is nobody like that.
    """
    with chain.db.read() as tx:
        found = users.by_email(tx, email) if email else users.get(tx, number)
    if found is None:
        who = email or f"Number {number}"
        raise NotFound(f"{who} is not at the desk.", Remedy.SEE_PEOPLE)
    return found


def in_words(user: User | None) -> str:
    """What a person may, as the audit log tells it; empty for nobody."""
    if user is None:
        return ""
    own = "" if user.may_approve_own else ", must not approve own items"
    name = f"{user.name}: " if user.name else ""
    return f"{name}{', '.join(user.roles)}{own}"


def roles_of(words: Sequence[str]) -> tuple[DeskRole, ...]:
    """Read names of roles, in the order of the list and each once.

    Raises:
        BadPerson: one is unknown, or there is none.
    """
    allowed = ", ".join(role.value for role in DeskRole)
    for word in words:
        if word not in set(DeskRole):
            raise BadPerson(f"{word!r} is no role; allowed: {allowed}.", "role")
    if not words:
        raise BadPerson(f"Choose one role or more: {allowed}.", "role")
    return tuple(role for role in DeskRole if role.value in words)


def _keep_an_operator(everyone: Sequence[User], user: User) -> None:
    operators = [one.id for one in everyone if DeskRole.OPERATOR in one.roles]
    if operators == [user.id]:
        raise Refused(
            f"{user.email} is the only operator: make somebody else one first, "
            "or nobody could add people."
        )
