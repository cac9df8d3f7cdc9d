"""Schedules of places, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mlpc_engines.clock import in_utc, shifted
from mlpc_engines.errors import SubmitError

WINTER, SUMMER = datetime(2026, 1, 15, 12, tzinfo=UTC), datetime(2026, 7, 15, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cron", "zone", "winter", "summer"),
    [
        ("0 3 * * *", "Europe/Berlin", "0 2 * * *", "0 1 * * *"),
        ("0 3 * * *", "UTC", "0 3 * * *", "0 3 * * *"),
        ("30 0 * * *", "Europe/Berlin", "30 23 * * *", "30 22 * * *"),
        ("0 9 * * mon-fri", "America/New_York", "0 14 * * 1,2,3,4,5", "0 13 * * 1,2,3,4,5"),
        ("0 1 * * 7", "Asia/Tokyo", "0 16 * * 6", "0 16 * * 6"),
        ("15 */6 * * *", "Asia/Kolkata", "45 0,6,12,18 * * *", "45 0,6,12,18 * * *"),
        ("0 12 1 1,7 *", "Europe/Berlin", "0 11 1 1,7 *", "0 10 1 1,7 *"),
        ("*/10 * * * *", "Europe/Berlin", "0,10,20,30,40,50 * * * *", "0,10,20,30,40,50 * * * *"),
        ("5-7 8-9 * * *", "Europe/Berlin", "5,6,7 7,8 * * *", "5,6,7 6,7 * * *"),
    ],
)
def test_in_utc(cron: str, zone: str, winter: str, summer: str) -> None:
    found = [in_utc("nightly", cron, zone, now) for now in (WINTER, SUMMER)]
    assert [each for each, _ in found] == [winter, summer]
    assert {changes for _, changes in found} == {winter != summer or zone in ("Europe/Berlin",)}


@pytest.mark.parametrize("cron", ["0 0 1 * *", "0 0,12 * * 1", "15,45 23,0 * * 1"])
def test_what_cannot_be_said_in_utc_is_refused(cron: str) -> None:
    with pytest.raises(SubmitError, match="no one schedule in UTC") as caught:
        in_utc("nightly", cron, "Europe/Berlin", WINTER)
    assert caught.value.exit_code == 1
    assert caught.value.code.code == "MLP570"


def test_no_such_zone() -> None:
    with pytest.raises(SubmitError, match="starts by the clock of Mars/Base"):
        in_utc("nightly", "0 3 * * *", "Mars/Base", WINTER)


@pytest.mark.parametrize(
    "cron", ["0 3 * * *", "15 */6 * * *", "*/20 22-23 * * *", "0 9 * * 1-5", "30 1 * * 0"]
)
@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Kolkata", "America/New_York", "Pacific/Auckland"])
def test_it_starts_at_the_same_moments(cron: str, zone: str) -> None:
    """Every minute of two weeks is looked at by both clocks."""
    there = ZoneInfo(zone)
    moved = shifted(cron, -int((WINTER.astimezone(there).utcoffset() or timedelta()).total_seconds()) // 60)
    if moved is None:
        # Some of its starts are on another day in UTC, and it names days; or they are not at the same minutes of all hours.
        assert cron.split()[4] != "*" or zone == "Asia/Kolkata"
        return
    for minute in range(0, 14 * 24 * 60, 5):
        moment = WINTER.replace(hour=0, minute=0) + timedelta(minutes=minute)
        assert starts(moved, moment) == starts(cron, moment.astimezone(there)), moment


def starts(cron: str, moment: datetime) -> bool:
    """Whether a schedule starts at a moment, by the clock that the moment is told in."""
    have = (moment.minute, moment.hour, moment.day, moment.month, moment.isoweekday() % 7)
    return all(matches(field, value) for field, value in zip(cron.split(), have, strict=True))


def matches(field: str, value: int) -> bool:
    for part in field.split(","):
        span, _, step = part.partition("/")
        low, _, high = span.partition("-")
        inside = span == "*" or int(low) <= value <= int(high or low)
        if inside and (value - (0 if span == "*" else int(low))) % int(step or 1) == 0:
            return True
    return False
