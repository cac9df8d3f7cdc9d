from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Literal, Optional

import pandas as pd
import polars as pl


def wrong(
    data: pd.DataFrame,
    *,
    trees: str,
    rate: int,
    names: list[int],
    weights: Mapping[str, str],
    loss: Literal["l1", "l2"],
    wait: datetime.timedelta,
    since: Optional[datetime.date],
    quick: "str",
    by: str,
):
    return data


def polars_rows(data: pl.DataFrame):
    return data


def rows_as_list(data: list[dict[str, float]]):
    return data


def secret(token: int) -> pd.DataFrame:
    return pd.DataFrame()
