"""Which backups stay, for which reason."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoarfrost.repository.retention import Policy, judge

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
DAILY = [(f"{days:03d}", NOW - timedelta(days=days)) for days in range(400)]


def kept(policy: Policy, backups: list[tuple[str, datetime]] = DAILY) -> list[int]:
    return [int(one.id) for one in judge(backups, policy, NOW) if one.keep]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (Policy(last=3), [0, 1, 2]),
        (Policy(daily=3), [0, 1, 2]),
        (Policy(weekly=3), [0, 2, 9]),  # the 31st is a Tuesday: Sundays before it
        (Policy(monthly=3), [0, 31, 59]),
        (Policy(yearly=3), [0, 90]),
        (Policy(within=timedelta(days=2)), [0, 1, 2]),
        (Policy(last=1, monthly=2), [0, 31]),
        (Policy(hourly=2), [0, 1]),
    ],
)
def test_the_newest_of_each_period_stands_for_it(policy: Policy, expected: list[int]) -> None:
    assert kept(policy) == expected


def test_partial_backups_do_not_make_the_last_complete_one_go() -> None:
    told = judge(DAILY, Policy(last=2), NOW, complete={"005", "006"})
    assert [one.id for one in told if one.keep] == ["000", "001", "005"]
    assert told[5].reason == "no rule keeps it, but it is the newest complete one"
    assert sum(one.keep for one in judge(DAILY, Policy(last=2), NOW, complete={"001", "006"})) == 2


def test_every_reason_is_told() -> None:
    first, second, *_ = judge(DAILY, Policy(last=1, daily=1, within=timedelta(hours=1)), NOW)
    assert first.reason == "last 1 of 1, daily 1 of 1, within the time that is kept"
    assert (second.keep, second.reason) == (False, "no rule keeps it")


def test_several_in_one_period_count_once() -> None:
    hours = [(f"{hour:03d}", NOW - timedelta(hours=hour)) for hour in range(60)]
    assert kept(Policy(daily=2), hours) == [0, 13]


counts = st.integers(0, 5)


@given(
    st.lists(st.datetimes(datetime(2020, 1, 1), datetime(2026, 3, 1)), max_size=30),
    st.builds(Policy, last=counts, hourly=counts, daily=counts, weekly=counts, monthly=counts, yearly=counts),
)
def test_more_is_never_less(times: list[datetime], policy: Policy) -> None:
    backups = [(f"{number:03d}", time.replace(tzinfo=UTC)) for number, time in enumerate(times)]
    told = judge(backups, policy, NOW)
    assert sorted(one.id for one in told) == [id for id, _ in backups]
    if policy and told:
        assert told[0].keep  # the newest stands for its periods
    wider = Policy(
        **{
            name: getattr(policy, name) + 1
            for name in ("last", "daily", "monthly", "hourly", "weekly", "yearly")
        }
    )
    assert {one.id for one in told if one.keep} <= {one.id for one in judge(backups, wider, NOW) if one.keep}
