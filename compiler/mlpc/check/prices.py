"""What machines cost, as the project says in `mlpc.toml`:

[prices]
currency = "USD"
hour = 0.01          # of a step, whatever it asks for
cpu_hour = 0.04      # of one core
memory_hour = 0.005  # of one GiB

[prices.gpu_hour]
nvidia-t4 = 0.35     # of one such GPU
"""

from __future__ import annotations

from .. import codes
from ..diagnostics import Diagnostic, Fix
from ..resolve.similar import nearest
from ..source import Source, Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..source import Loader

#: The project's file, by its path in the project.
FILE = "mlpc.toml"
#: All tables that it may hold; the linter says of others that there are none such.
TABLES = ("lint", "prices")
_PLAIN = ("hour", "cpu_hour", "memory_hour")
_KEYS = ("currency", *_PLAIN, "gpu_hour")
#: What an hour may cost at most.
_LARGEST = 1e9
_CURRENCIES = ("USD", "EUR")


class Prices:
    """Prices in ``currency``; those that the project does not give are missing. ``wrong`` ones were reported."""

    __slots__ = ("currency", "gpu", "plain", "there", "wrong")

    def __init__(self) -> None:
        self.currency = "USD"
        self.plain: dict[str, float] = {}
        self.gpu: dict[str, float] = {}
        self.there = False
        self.wrong = False


def read(loader: Loader, report: Callable[[Diagnostic], None]) -> Prices:
    """Return the prices of the project; what is wrong with them is reported."""
    prices = Prices()
    data = loader.read(FILE)
    if data is None:
        return prices
    import tomllib

    text = data.decode("utf-8", "replace")
    source = Source(FILE, text)

    def wrong(message: str, start: int, end: int, **more: object) -> None:
        prices.wrong = True
        report(Diagnostic(codes.BAD_PRICES, message, Span(source, start, end), **more))  # type: ignore[arg-type]

    try:
        told = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # Beside what is no TOML: numbers and brackets beyond what Python reads.
        reason = (
            str(error)
            if isinstance(error, tomllib.TOMLDecodeError)
            else "it is nested too deep, or a number is too long"
        )
        wrong(f"`{FILE}` cannot be read: {reason}", 0, 0)
        return prices
    table = told.get("prices")
    if table is None:
        # What is said there may be meant for this: a budget that finds no prices would only wonder.
        for name in told:
            if nearest(name, TABLES) == "prices":
                start = max(text.find(name), 0)
                end = start + len(name)
                wrong(
                    f"`{FILE}` has no table `{name}`",
                    start,
                    end,
                    label="did you mean `prices`?",
                    fixes=[Fix("write `prices`", [(Span(source, start, end), "prices")])],
                )
        return prices
    prices.there = True
    if not isinstance(table, dict):
        start, end = _find(text, "prices")
        wrong("`prices` is a table", start, end, help=["write `[prices]` on a line of its own"])
        return prices
    for key, value in table.items():
        start, end = _find(text, key)
        if key not in _KEYS:
            near = nearest(key, _KEYS)
            span = Span(source, start, end)
            wrong(
                f"`prices` has no `{key}`",
                start,
                end,
                label=f"did you mean `{near}`?" if near else "unknown",
                help=[] if near else ["it has " + ", ".join(f"`{each}`" for each in _KEYS)],
                fixes=[Fix(f"write `{near}`", [(span, near)])] if near else [],
            )
        elif key == "currency":
            if value in _CURRENCIES:
                prices.currency = str(value)
            else:
                wrong("`currency` is one of " + ", ".join(f'"{each}"' for each in _CURRENCIES), start, end)
        elif key in _PLAIN:
            if _is_price(value):
                prices.plain[key] = float(value)
            else:
                wrong(f"`{key}` is a number from 0 to {_LARGEST:,.0f}", start, end)
        elif not isinstance(value, dict):
            wrong(
                "`gpu_hour` is a table: a price for each type", start, end, help=["write `[prices.gpu_hour]`"]
            )
        else:
            for name, price in value.items():
                if _is_price(price):
                    prices.gpu[name] = float(price)
                else:
                    start, end = _find(text, name)
                    wrong(f"the price of `{name}` is a number from 0 to {_LARGEST:,.0f}", start, end)
    return prices


def _is_price(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _LARGEST


def _find(text: str, key: str) -> tuple[int, int]:
    """Return where ``key`` stands in the part of ``text`` that speaks of prices."""
    begin = max(text.find("[prices"), 0)
    start = text.find(key, begin + (len("[prices") if key != "prices" else 1))
    return (start, start + len(key)) if start >= 0 else (begin, begin)
