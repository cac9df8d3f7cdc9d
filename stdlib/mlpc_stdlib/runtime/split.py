"""Divides rows into parts that share none, and no key either."""

from __future__ import annotations

from . import codes, schema, tables
from .contract import Result, StepError, Task, did_you_mean
from .metrics import class_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import numpy
    import pandas

    Ints = numpy.ndarray[Any, numpy.dtype[numpy.int64]]

TRAIN, TEST, VALIDATION = "train", "test", "validation"


def random(task: Task, result: Result) -> None:
    """Draw rows at random, each part with exactly its share of the rows (by largest remainder).

    With ``stratify`` each part has the shares of that column's values too. Rows with the same key (the columns
    marked @key, together) stay in one part; sizes are then as near to the shares as whole keys allow. Rows keep
    their order.

    Raises:
        StepError: the shares leave a part empty, or the column is not there.
    """
    data = task.input("data")
    shares = _shares(task)
    table = tables.read_arrow(data)
    strata = _strata(table, task.argument("stratify"))
    keys = [name for name in schema.keys_of(data.type) if name in table.column_names]
    groups = _groups(table, keys)
    seed = task.argument("seed", task.seed or 0)
    part = assign(strata, groups, list(shares.values()), seed)
    numbers: dict[str, Any] = {}
    for position, name in enumerate(shares):
        rows = (part == position).nonzero()[0]
        if not len(rows):
            raise StepError(
                codes.IMPOSSIBLE_SPLIT,
                f"{table.num_rows} rows in shares of "
                + ", ".join(f"{share:.4g} for {key}" for key, share in shares.items())
                + f" leave none for `{name}`",
                "give the part a larger share, or bring more data",
            )
        numbers[name] = rows
        result.rows[name] = tables.write_arrow(task.output(name).path, table.take(rows))
    _look_at(table, strata, part, list(shares), keys, task.argument("stratify"), result)


def by_time(task: Task, result: Result) -> None:
    """Divide rows by time: the newest ``test`` seconds are for testing, ``validation`` seconds before those for validating.

    A period ends with the newest row, which belongs to it, and begins after the row that lies exactly its length before; so
    of days, ``test = 14d`` gives the last 14. Rows keep their order.

    Raises:
        StepError: the column is not there, a row has no time, or a part would be empty.
    """
    import pyarrow.compute as compute

    table = tables.read_arrow(task.input("data"))
    name = str(task.argument("column", ""))
    if name not in table.column_names:
        raise StepError(
            codes.MISSING_COLUMN,
            f"`column` names a column `{name}`, which the data does not have"
            + did_you_mean(name, table.column_names),
        )
    column = table.column(name)
    if column.null_count:
        raise StepError(
            codes.IMPOSSIBLE_SPLIT,
            f"{column.null_count} of {table.num_rows} rows have no `{name}`, so no part can be said to be theirs",
            "leave such rows out where the data is brought in",
        )
    times: Ints = column.cast("int64").to_numpy()
    newest = int(times.max()) if len(times) else 0
    lengths = {TEST: float(task.argument("test", 0.0))}
    if task.argument(VALIDATION) is not None and VALIDATION in task.outputs:
        lengths[VALIDATION] = float(task.argument(VALIDATION))
    end, left = newest, times <= newest
    rows: dict[str, Any] = {}
    for part, seconds in lengths.items():
        end -= round(seconds * 1_000_000)
        rows[part] = left & (times > end)
        left = left & (times <= end)
    rows[TRAIN] = left
    for part in (TRAIN, *lengths):
        if not rows[part].any():
            first, last = (compute.min(column).as_py(), compute.max(column).as_py())
            raise StepError(
                codes.IMPOSSIBLE_SPLIT,
                f"no row is left for `{part}`: `{name}` goes from {first} to {last}, and the parts take "
                + " and ".join(f"{seconds / 86400:.4g} days for {each}" for each, seconds in lengths.items()),
                "give the parts less time, or bring more data",
            )
        result.rows[part] = tables.write_arrow(task.output(part).path, table.take(rows[part].nonzero()[0]))


def _shares(task: Task) -> dict[str, float]:
    test, validation = float(task.argument("test", 0.0)), task.argument(VALIDATION)
    shares = {TRAIN: 1.0 - test - float(validation or 0.0), TEST: test}
    if validation is not None and VALIDATION in task.outputs:
        shares[VALIDATION] = float(validation)
    for name, share in sorted(shares.items(), key=lambda item: item[1]):
        if share < 1e-9:
            whole = f"test {test:.4g}" + (f" and validation {float(validation):.4g}" if validation else "")
            raise StepError(
                codes.IMPOSSIBLE_SPLIT,
                f"shares of {whole} leave no row for `{name}`",
                "every part needs some of the rows, for example: test = 20%",
            )
    return shares


def _strata(table: Any, column: str | None) -> Ints:
    """Return a number for each row's stratum, by the order of the values."""
    import numpy

    if column is None:
        return numpy.zeros(table.num_rows, numpy.int64)
    if column not in table.column_names:
        raise StepError(
            codes.MISSING_COLUMN,
            f"`stratify` names a column `{column}`, which the data does not have"
            + did_you_mean(column, table.column_names),
        )
    return _numbered(table.column(column))


def _groups(table: Any, keys: list[str]) -> Ints:
    """Return a number for each row's key; without keys every row has its own."""
    import numpy

    found: Ints = numpy.arange(table.num_rows)
    if keys:
        named = tables.comparable(table.select(keys))
        numbers = numpy.stack([_numbered(named.column(name)) for name in keys])
        found = numpy.unique(numbers, axis=1, return_inverse=True)[1].reshape(-1).astype(numpy.int64)
    return found


def _numbered(values: Any) -> Ints:
    import numpy
    import pyarrow.compute as compute

    plain = values.combine_chunks()
    distinct = plain.unique()
    ordered = distinct.take(compute.sort_indices(distinct))
    found: Ints = (
        compute.index_in(plain, value_set=ordered).to_numpy(zero_copy_only=False).astype(numpy.int64)
    )
    return found


def assign(strata: Ints, groups: Ints, shares: Sequence[float], seed: int) -> Ints:
    """Return the part of each row.

    ``strata`` and ``groups`` number each row's stratum and key, ``[rows]``. The same seed gives the same parts
    under every version of NumPy: the order is drawn from the raw stream of PCG64, which is promised not to change.
    """
    import numpy

    rows = len(strata)
    count = int(strata.max()) + 1 if rows else 0
    sizes = numpy.bincount(strata, minlength=count)
    wanted = _targets(sizes, shares)
    part = numpy.full(rows, -1, numpy.int64)
    order = numpy.argsort(numpy.random.PCG64(seed).random_raw(rows), kind="stable")
    of_group = numpy.bincount(groups, minlength=rows and int(groups.max()) + 1)
    shared = of_group[groups] > 1
    left = wanted.astype(numpy.float64)
    if shared.any():
        _place_groups(part, strata, groups, shared, order, left, wanted)
    single = order[~shared[order]]
    for stratum in range(count):
        mine = single[strata[single] == stratum]
        cut = _apportion(len(mine), numpy.clip(left[:, stratum], 0.0, None))
        start = 0
        for position, size in enumerate(cut):
            part[mine[start : start + size]] = position
            start += size
    return part


def _place_groups(
    part: Ints, strata: Ints, groups: Ints, shared: Any, order: Ints, left: Any, wanted: Any
) -> None:
    """Give each key that several rows share to the part that lacks most of what its rows are; large ones first."""
    import numpy

    members: dict[int, list[int]] = {}
    for row in order[shared[order]]:
        members.setdefault(int(groups[row]), []).append(int(row))
    scale = numpy.maximum(wanted.sum(axis=1), 1.0)
    for rows in sorted(members.values(), key=len, reverse=True):
        kinds = numpy.bincount(strata[rows], minlength=left.shape[1])
        need = (left * kinds).sum(axis=1) / kinds.sum() / scale
        room = left.sum(axis=1)
        fits = room >= len(rows)
        # Where no part has room for the whole key, the one with most of it goes least wrong.
        chosen = int(numpy.where(fits, need, -numpy.inf).argmax() if fits.any() else room.argmax())
        part[rows] = chosen
        left[chosen] -= kinds


def _targets(sizes: Ints, shares: Sequence[float]) -> Ints:
    """Return how many rows of each stratum each part gets, ``[parts, strata]``.

    The rows of a part are its share of all, by largest remainder; within the part they are divided among the
    strata in the same way.
    """
    import numpy

    whole = _apportion(int(sizes.sum()), numpy.asarray(shares))
    targets = numpy.zeros((len(shares), len(sizes)), numpy.int64)
    free = sizes.copy()
    # The first part is the training part: it takes what the others leave.
    for position in range(1, len(shares)):
        ideal = sizes * (whole[position] / max(int(sizes.sum()), 1))
        targets[position] = _apportion(int(whole[position]), ideal, free)
        free = free - targets[position]
    targets[0] = free
    return targets


def _apportion(total: int, weights: Any, most: Any = None) -> Ints:
    """Divide ``total`` in proportion to weights by largest remainder, none above ``most``; ties go to the first."""
    import numpy

    weights = numpy.asarray(weights, numpy.float64)
    if weights.sum() <= 0.0:
        weights = numpy.ones_like(weights)
    ideal = total * weights / weights.sum()
    # A share such as 0.2 is a little more or less than one fifth; that may not cost or gain a row.
    floor: Ints = numpy.floor(ideal + 1e-9).astype(numpy.int64)
    limit = numpy.full(len(weights), total, numpy.int64) if most is None else numpy.asarray(most)
    floor = numpy.minimum(floor, limit)
    while floor.sum() < total:
        rest = numpy.where(floor < limit, ideal - floor, -numpy.inf)
        floor[int(numpy.argmax(numpy.round(rest, 9)))] += 1
    return floor


#: Standard deviations by which no part differs from all rows by chance.
_NO_CHANCE = 6.5


def _look_for_the_same_seed(table: Any, part: Ints, names: list[str], result: Result) -> None:
    """Say where a column tells which part a row is in.

    Numbers that NumPy drew with the seed of the split come from the very stream that the order is drawn from: rows with small
    values are then in one part, and those with large ones in another.
    """
    import numpy
    import pyarrow

    for name in table.column_names:
        column = table.column(name)
        if not (pyarrow.types.is_floating(column.type) or pyarrow.types.is_integer(column.type)):
            continue
        values = column.to_numpy().astype(numpy.float64)
        values = numpy.where(numpy.isfinite(values), values, numpy.nan)
        if numpy.isnan(values).all():
            continue
        below = values <= numpy.nanmedian(values)
        share = float(below.mean())
        for position, called in enumerate(names):
            mine = below[part == position]
            left = (len(below) - len(mine)) / max(len(below) - 1, 1)
            spread = (len(mine) * share * (1.0 - share) * left) ** 0.5
            if abs(int(mine.sum()) - len(mine) * share) > _NO_CHANCE * spread > 0.0:
                result.warning(
                    f"`{called}` has other values of `{name}` than chance gives it: were they drawn with the seed of this"
                    " split? take another `seed`"
                )
                return


def _look_at(
    table: Any,
    strata: Ints,
    part: Ints,
    names: list[str],
    keys: list[str],
    stratify: str | None,
    result: Result,
) -> None:
    """Say what may surprise: values that a part lacks, rows that stand on both sides word for word."""
    import numpy

    if stratify is not None:
        values = table.column(stratify)
        for position, name in enumerate(names):
            lacking = sorted(
                set(numpy.unique(strata).tolist()) - set(numpy.unique(strata[part == position]).tolist())
            )
            if lacking:
                row = int((strata == lacking[0]).argmax())
                more = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
                result.warning(
                    f"`{name}` has no row with {stratify} = {class_name(values[row].as_py())}{more}: too few have it"
                )
    if keys:
        return
    _look_for_the_same_seed(table, part, names, result)
    frame: pandas.DataFrame = tables.comparable(table).to_pandas()
    if frame.duplicated().any():
        import pandas

        number = pandas.util.hash_pandas_object(frame, index=False).to_numpy()
        train = numpy.unique(number[part == 0])
        for position, name in enumerate(names[1:], start=1):
            both = int(numpy.isin(number[part == position], train).sum())
            if both:
                some, stand = ("row", "stands") if both == 1 else ("rows", "stand")
                result.warning(
                    f"{both} {some} of `{name}` {stand} word for word in `{names[0]}` too;"
                    " mark what identifies a row with @key to keep such rows on one side"
                )
