"""Which presses of a link count: a person's, and neither a filter's nor a browser's own."""

from __future__ import annotations

from datetime import date

import pytest

from briefings.readers.presses import Press, by_a_person, settled

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
)


@pytest.mark.parametrize("agent", [FIREFOX, PHONE])
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"sec-fetch-site": "cross-site", "sec-fetch-dest": "document"},
        {"sec-fetch-site": "none"},
    ],
)
def test_a_browser_that_opens_a_link_of_a_mail_counts(agent: str, more: dict[str, str]) -> None:
    assert by_a_person("GET", {"user-agent": agent, **more})


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", {}),
        ("GET", {"purpose": "prefetch"}),
        ("GET", {"sec-purpose": "prefetch;prerender"}),
        ("GET", {"x-moz": "prefetch"}),
        ("GET", {"sec-fetch-dest": "image"}),
        ("GET", {"sec-fetch-site": "same-origin"}),
        ("GET", {"user-agent": ""}),
        ("GET", {"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://google.com/bot)"}),
        ("GET", {"user-agent": "python-httpx/0.28.1"}),
        ("GET", {"user-agent": "Mozilla/5.0 HeadlessChrome/140.0"}),
        ("GET", {"user-agent": "Slackbot-LinkExpanding 1.0"}),
        ("GET", {"user-agent": "Mozilla/5.0 BarracudaCentral scanner"}),
    ],
)
def test_programs_and_what_is_loaded_ahead_do_not(method: str, headers: dict[str, str]) -> None:
    assert not by_a_person(method, {"user-agent": FIREFOX, **headers})


def press(item: int, at: float, client: str = "a") -> Press:
    return Press(item_id=item, day=date(2026, 8, 24), client=client, at=at)


def counted(waiting: list[Press], now: float) -> list[int]:
    return [each.item_id for each in settled(waiting, now)[0]]


def test_a_press_waits_until_its_client_was_quiet_for_a_second() -> None:
    waiting = [press(1, 10.0), press(2, 10.9), press(3, 10.0, client="b")]
    assert settled(waiting, 11.0) == ((), tuple(waiting))
    assert counted(waiting, 11.5) == [3]
    assert counted(waiting, 12.0) == [1, 2, 3]


def test_many_links_at_once_count_for_nothing() -> None:
    burst = [press(1, 10.0), press(2, 10.3), press(3, 10.9)]
    assert counted(burst, 20.0) == []
    assert counted([*burst, press(4, 10.5, client="b")], 20.0) == [4]


def test_a_burst_that_goes_on_is_judged_as_one() -> None:
    burst = [press(1, 10.0), press(2, 10.9), press(3, 10.95)]
    assert settled(burst, 11.05) == ((), tuple(burst))
    assert settled(burst, 12.0) == ((), ())


def test_a_person_who_reads_on_counts_each_time() -> None:
    assert counted([press(1, 10.0), press(1, 10.2), press(1, 10.4), press(2, 12.0)], 20.0) == [
        1, 1, 1, 2,
    ]  # fmt: skip
