def first(data, other, column, count):
    return data


def second(data):
    return data


def third():
    return None


def fourth(data):
    return data
