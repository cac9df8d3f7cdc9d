def fit(data, alpha: float):
    return data
