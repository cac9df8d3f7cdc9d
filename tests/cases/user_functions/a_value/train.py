from functools import partial

FIT = {"alpha": 1.0}
fit = None
fit = partial(print, FIT)
later = 3
later = fit
