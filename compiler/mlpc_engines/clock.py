"""Schedules by the clock of a place, for engines that know UTC only."""

from __future__ import annotations

from mlpc.codes import UTC_ONLY

from .errors import FINDINGS, SubmitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

_DAY = 24 * 60
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
#: The least and the most of each field: minute, hour, day, month, weekday (0 is Sunday).
_LIMITS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))


def in_utc(node: str, cron: str, timezone: str, now: datetime) -> tuple[str, bool]:
    """Return the schedule ``cron`` (five fields) of the time zone ``timezone`` in UTC, as its clocks stand at ``now``, and
    whether they stand otherwise at another time of the year.

    Raises:
        SubmitError: no schedule in UTC says the same, or there is no such time zone.
    """
    from datetime import timedelta
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SubmitError(
            UTC_ONLY,
            f"`{node}` starts by the clock of {timezone}, which this machine knows no time zone for",
            "names are those of the IANA database, such as `Europe/Berlin`",
            exit_code=FINDINGS,
        ) from None
    here = now.astimezone(zone).utcoffset() or timedelta()
    # Clocks that change do so within half a year.
    changes = any(
        ((now + timedelta(days=days)).astimezone(zone).utcoffset() or timedelta()) != here
        for days in range(0, 366, 14)
    )
    made = shifted(cron, -int(here.total_seconds()) // 60)
    if made is None:
        raise SubmitError(
            UTC_ONLY,
            f"`{node}` starts at `{cron}` by the clock of {timezone}, and no one schedule in UTC, which is all that the engine "
            "knows, says the same",
            'write it in UTC: `timezone = "UTC"`',
            exit_code=FINDINGS,
        )
    return made, changes


def shifted(cron: str, minutes: int) -> str | None:
    """Return the schedule that starts ``minutes`` later than ``cron``; None where no one schedule does."""
    fields = cron.split()
    if not minutes:
        return " ".join(fields)
    minute, hour, day, month, weekday = (
        _values(field, *limits, names=_DAYS if number == 4 else ())
        for number, (field, limits) in enumerate(zip(fields, _LIMITS, strict=True))
    )
    starts = {
        (days, *divmod(moment, 60))
        for h in hour
        for m in minute
        for days, moment in (divmod(60 * h + m + minutes, _DAY),)
    }
    by_date, by_weekday = len(day) < 31 or len(month) < 12, len(weekday) < 7
    shifts = {days for days, _, _ in starts}
    if (by_date and shifts != {0}) or (by_weekday and len(shifts) > 1):
        return None
    hours, rests = {h for _, h, _ in starts}, {m for _, _, m in starts}
    if len(hours) * len(rests) != len({(h, m) for _, h, m in starts}):
        return None
    weekdays = {(each + next(iter(shifts))) % 7 for each in weekday} if by_weekday else weekday
    return " ".join(
        [
            _field(rests, 60),
            _field(hours, 24),
            *fields[2:4],
            _field(weekdays, 7) if by_weekday else fields[4],
        ]
    )


def _values(field: str, least: int, most: int, names: tuple[str, ...] = ()) -> set[int]:
    found: set[int] = set()
    for part in field.lower().split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        if first in ("*", "?"):
            low, high = least, most
        else:
            low = _number(first, names)
            high = _number(last, names) if last else most if step else low
        found.update(range(low, high + 1, int(step or 1)))
    # Sunday is 0, and 7 as well.
    return {each % 7 for each in found} if names else found


def _number(text: str, names: tuple[str, ...]) -> int:
    return names.index(text) if text in names else int(text)


def _field(values: set[int], size: int) -> str:
    return "*" if len(values) == size else ",".join(str(each) for each in sorted(values))
