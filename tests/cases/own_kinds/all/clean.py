def drop(data, *, limit):
    return data[data["age"] < limit]


def look(data):
    return {"rows": len(data)}


def wax(data):
    return data


def gap(model, data):
    return {"gap": 0.0}
