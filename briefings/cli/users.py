"""Commands over the people of the desk: add, list, remove, and a sign-in link for the terminal."""

from __future__ import annotations

from typing import Annotated

import typer

from briefings.cli.shared import on_record, open_app

app = typer.Typer(help="Who works at the desk.", no_args_is_help=True)

Email = Annotated[str, typer.Argument(help="The address that sign-in links are mailed to.")]
RoleOption = Annotated[
    list[str],
    typer.Option("--role", help="author, editor, sender, operator or viewer; may be given again."),
]
Own = Annotated[
    bool,
    typer.Option(
        "--may-approve-own/--may-not-approve-own",
        help="Whether they approve editions with items of their own.",
    ),
]


@app.command()
def add(
    email: Email,
    role: RoleOption,
    name: Annotated[str, typer.Option(help="Shown at the desk.")] = "",
    may_approve_own: Own = True,
) -> None:
    """Let somebody sign in at the desk; the same address again changes name and roles."""
    from briefings.pipeline import people

    chain = open_app().chain
    with on_record(chain, "users add", "add a person") as record:
        made = people.add(record, email, name=name, roles=role, may_approve_own=may_approve_own)
    print(f"{made.email}: {people.in_words(made)}")


@app.command("list")
def list_() -> None:
    """List the people of the desk: address, name and roles."""
    from briefings.pipeline import people

    for one in people.everybody(open_app().chain):
        print(f"{one.email}: {people.in_words(one)}")


@app.command()
def remove(email: Email) -> None:
    """Take somebody off the desk and sign them out everywhere."""
    from briefings.pipeline import people

    chain = open_app().chain
    with on_record(chain, "users remove", "remove a person") as record:
        gone = people.person(record.chain, email=email)
        people.remove(record, gone)
    print(f"{gone.email} is not at the desk any more.")


@app.command()
def link(email: Email) -> None:
    """Print a link that signs somebody in, once and within 10 minutes, in any browser.

    For the first sign-in, and for when no mail goes: whoever sees the link can use it.
    """
    from briefings.pipeline import people
    from briefings.pipeline.signing_in import PRINT, printed_link

    opened = open_app()
    base = opened.settings.need("base_url", "the address of your site, https://...")
    with on_record(opened.chain, "users link", PRINT) as record:
        user = people.person(record.chain, email=email)
        url = printed_link(record, base, user)
    print(url)
