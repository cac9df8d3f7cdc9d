import pandas as pd


def add_ratio(rows: pd.DataFrame) -> pd.DataFrame: ...
