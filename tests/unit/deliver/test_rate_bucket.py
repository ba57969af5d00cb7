import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefings.deliver.rate import SharedBucket, TokenBucket
from briefings.errors import Misconfigured


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


def test_a_restart_keeps_what_was_there_and_earns_nothing(tmp_path):
    clock = Clock()
    bucket = SharedBucket(100, clock, tmp_path / "rate")
    assert not bucket.take()
    clock.now += 0.055
    bucket.close()
    again = SharedBucket(100, clock, tmp_path / "rate")
    assert taken(again) == 5
    again.close()


def test_several_processes_share_one_rate(tmp_path):
    clock = Clock()
    two = [SharedBucket(100, clock, tmp_path / "rate") for _ in range(2)]
    assert [bucket.take() for bucket in two] == [False, False]
    clock.now += 0.1
    assert two[0].wait() == two[1].wait() == 0
    assert taken(two[0]) + taken(two[1]) == 10
    two[0].give_back()
    assert taken(two[1]) == 1
    for bucket in two:
        bucket.close()


def test_another_boot_of_the_machine_begins_with_nothing(tmp_path):
    clock = Clock()
    bucket = SharedBucket(100, clock, tmp_path / "rate")
    bucket.take()
    clock.now += 1
    assert taken(bucket) == 10
    bucket.give_back()
    clock.now = 3.0
    assert not bucket.take()
    clock.now += 0.02
    assert taken(bucket) == 2
    bucket.close()


def test_a_folder_that_is_not_there_is_misconfigured(tmp_path):
    with pytest.raises(Misconfigured, match="STATE_DIR"):
        SharedBucket(100, Clock(), tmp_path / "none" / "rate")


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
