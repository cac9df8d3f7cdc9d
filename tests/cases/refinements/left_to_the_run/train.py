def fit(data, share: float, since: str, sizes: list[int]):
    return data
