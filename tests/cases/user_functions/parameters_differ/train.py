def fit(data, *, alhpa: float):
    return data


def needs_more(data, *, alpha, beta=1):
    return data


def takes_all(data, **more):
    return data
