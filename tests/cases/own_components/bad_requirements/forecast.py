def fit(data, season, strength, method, **smoothing):
    return data


def judge(model, data, horizon):
    return {}
