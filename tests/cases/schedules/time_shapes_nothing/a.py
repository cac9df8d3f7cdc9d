def dated(day: str) -> dict:
    return {}
