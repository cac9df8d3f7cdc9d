def clean(rows, other):
    return rows
