def halves(data, test: float) -> dict[str, object]:
    first = round(test * len(data))
    return {"train": data.iloc[first:], "test": data.iloc[:first]}
