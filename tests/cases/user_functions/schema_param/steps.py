def widen(data):
    return data.assign(area=3.14159 * data["radius"] ** 2)
