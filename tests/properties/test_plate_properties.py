"""A plate makes the same bytes as the plain way, whatever a reader is called."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from briefings.deliver.message import Cover, Postmark, compose, header_block
from briefings.errors import UnsafeValue
from briefings.links import Signer
from briefings.pipeline.letterpress import SLOTS, fill, when
from briefings.pipeline.plate import Cutter, Letter, Plate, Stamp
from briefings.slots import encode_block, mark
from briefings.weeks import SendAt

DATE = datetime(2026, 8, 24, 6, tzinfo=UTC)
SIGNER = Signer.from_setting("s" * 40)
BLOCK = " ".join(
    f"Dear {mark('name')}: <a href='{mark(link)}'>{link}</a> {mark('when')}; {mark('specializations')}"
    for link in SLOTS
    if link.endswith("_url")
)


@dataclass(frozen=True)
class Office:
    """The three things of a chain that a mail is filled from."""

    base_url: str

    def postmark(self) -> Postmark:
        return Postmark(sender="B <b@b.example>", reply_to="", base_url=self.base_url)

    def signer(self) -> Signer:
        return SIGNER

    @property
    def schedule(self):
        return SimpleNamespace(send_at=SendAt.parse("MON 08:00"))


NAMES = st.one_of(
    st.text(max_size=60),
    st.from_regex(r"[A-Za-z0-9]{1,17}( [A-Za-z0-9]{1,17}){0,3}", fullmatch=True),
)
ADDRESSES = st.one_of(
    st.emails(),
    st.from_regex(r"[a-z0-9._+-]{1,60}@[a-z0-9-]{1,20}(\.[a-z0-9-]{1,10}){0,2}", fullmatch=True),
)
HOSTS = st.from_regex(r"https?://[a-z]{1,80}(\.[A-Z]{1,30})?(/[a-zA]{0,50})?", fullmatch=True)


@given(
    name=NAMES,
    email=ADDRESSES,
    base=HOSTS,
    reader=st.integers(0, 2**40 - 1),
    delivery=st.integers(0, 2**48 - 1),
    specializations=st.text(max_size=100),
)
@example(
    name="From Ana",
    email="a.b@example.org",
    base=f"https://b.example/{'A' * 44}",
    reader=1,
    delivery=1,
    specializations="From here",
)
def test_a_plate_makes_the_bytes_of_the_plain_way(
    *, name, email, base, reader, delivery, specializations
):
    office = Office(base)
    cover = Cover(
        subject="S", issue="2026-W34-regular", specialization="x", specialization_name="X"
    )
    html, text = encode_block(BLOCK, "html"), encode_block(BLOCK, "text")
    sheet = compose(header_block(office.postmark(), cover), [text], [html])
    letter = Letter(
        delivery_id=delivery,
        reader_id=reader,
        email=email,
        name=name,
        issue=cover.issue,
        specializations=specializations,
    )
    stamp = Stamp.of(office, "instance-id")
    cutter = Cutter(stamp.links, {"when": when(office)})
    plate = Plate(cutter.cut(sheet), {"specializations": specializations}, stamp)
    try:
        plain = fill(office, sheet, letter, "instance-id", DATE)
    except UnsafeValue:
        with pytest.raises(UnsafeValue):
            plate.fill(letter, DATE)
        return
    assert plate.fill(letter, DATE) == plain
