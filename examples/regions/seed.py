"""Fills a database with the sales that the example learns from: the same rows each time.

    python seed.py postgresql://user:password@host/database

Every day each region sells some items; what they come to depends on their number, on the region's price and on chance, of
which there is far more in `apac`: its model does not pass its gate.
"""

from __future__ import annotations

import datetime
import random
import sys

#: The price of an item and the spread of a day's amount, by region.
REGIONS = {"eu": (12.0, 40.0), "us": (15.0, 90.0), "apac": (9.0, 400.0)}
FIRST, DAYS = datetime.date(2026, 1, 1), 180

TABLE = """
create table sales (
  day date not null,
  region text not null,
  items integer not null,
  amount double precision not null
)
"""


def sales(seed: int = 7) -> list[tuple[datetime.date, str, int, float]]:
    """Return the rows: day, region, items sold and what they came to."""
    draw = random.Random(seed)
    rows = []
    for number in range(DAYS):
        for region, (price, spread) in REGIONS.items():
            items = draw.randrange(5, 120)
            amount = round(items * price + draw.gauss(0.0, spread), 2)
            rows.append((FIRST + datetime.timedelta(days=number), region, items, amount))
    return rows


def fill(url: str) -> int:
    """Write the rows into a new table `sales` and return how many there are."""
    import psycopg

    rows = sales()
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("drop table if exists sales")
        cursor.execute(TABLE)
        cursor.executemany("insert into sales values (%s, %s, %s, %s)", rows)
    return len(rows)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("python seed.py postgresql://user:password@host/database")
    print(f"{fill(sys.argv[1])} rows")
