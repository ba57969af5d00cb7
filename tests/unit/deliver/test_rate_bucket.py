import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefings.deliver.rate import TokenBucket


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def taken(bucket):
    count = 0
    while bucket.take():
        count += 1
    return count


def test_a_bucket_starts_empty_and_fills_with_the_clock():
    clock = Clock()
    bucket = TokenBucket(10, clock)
    assert not bucket.take()
    assert bucket.wait() == pytest.approx(0.1)
    clock.now += 0.1
    assert bucket.wait() == 0
    assert taken(bucket) == 1


def test_a_pause_earns_at_most_a_tenth_of_a_second():
    clock = Clock()
    bucket = TokenBucket(100, clock)
    clock.now += 3600
    assert taken(bucket) == 10
    slow = TokenBucket(0.5, clock)
    clock.now += 3600
    assert taken(slow) == 1


def test_a_restart_keeps_what_was_there_and_earns_nothing():
    clock = Clock()
    bucket = TokenBucket(100, clock)
    clock.now += 0.055
    kept = bucket.export()
    assert taken(TokenBucket(100, clock, tokens=kept)) == 5
    assert taken(TokenBucket(100, clock, tokens=1e9)) == 10
    assert taken(TokenBucket(100, clock, tokens=-5)) == 0


def test_an_unused_right_goes_back():
    clock = Clock()
    bucket = TokenBucket(10, clock, tokens=1)
    assert bucket.take()
    bucket.give_back()
    assert bucket.take()


@pytest.mark.parametrize("rate", [0, -1])
def test_no_rate_is_said_by_leaving_it_unset(rate):
    with pytest.raises(ValueError, match="RATE"):
        TokenBucket(rate, Clock())


@given(
    st.floats(0.1, 5000),
    st.lists(st.floats(0, 2), min_size=1, max_size=50),
)
def test_no_pattern_of_asking_beats_the_rate(rate, gaps):
    clock = Clock()
    bucket = TokenBucket(rate, clock)
    total = 0
    for gap in gaps:
        clock.now += gap
        total += taken(bucket)
    assert total <= sum(gaps) * rate + max(1, rate / 10) + 1e-6
