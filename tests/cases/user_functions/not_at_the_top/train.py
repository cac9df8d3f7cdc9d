from functools import cache

from other import elsewhere, logged


class Trainer:
    def fit(self, data):
        return data


def outer(data):
    def inner(data):
        return data

    return inner(data)


async def later(data):
    return data


def epochs(data):
    for _ in range(3):
        yield data


def by_position(data, /):
    return data


@logged
def decorated(data):
    return data


@cache
def cached(data):
    return data


def fit(data):
    return data


fit_again = fit

try:
    import fast_library

    def fast(data):
        return fast_library.fit(data)
except ImportError:

    def fast(data):
        return data
