def needs_all(data, before, depth, smoothing):
    return data


def depth(data, depth: int):
    return data
