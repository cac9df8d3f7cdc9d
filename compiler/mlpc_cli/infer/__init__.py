"""`mlpc infer`: a schema from real data.

A file is read once, row by row, into the facts of its columns (:mod:`.facts`); from those a field of a schema is judged
(:mod:`.judge`) and the whole is written (:mod:`.write`). What is written holds for every row that was read: the step that
reads such data refuses what does not fit its schema, and takes what was seen here.
"""
