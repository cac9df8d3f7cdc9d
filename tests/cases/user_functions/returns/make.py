from pathlib import Path

import pandas as pd


def nothing(data) -> None:
    print(data)


def a_number(data) -> float:
    return 1.0


def three(data) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    return data, data, data


def one(data) -> pd.DataFrame:
    return data


def not_a_path(data, rows: pd.DataFrame) -> None:
    print(data, rows)


def written(data, rows: Path) -> None:
    data.to_parquet(rows)


def two(data) -> tuple[pd.DataFrame, pd.DataFrame]:
    return data, data


def figures(data) -> dict[str, float]:
    return {"rows": len(data)}
