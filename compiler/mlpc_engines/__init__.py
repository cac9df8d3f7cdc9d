"""Running engines: what is compiled is built, submitted and followed there. One file an engine; it does the I/O that
backends may not, and knows the directories that they write, not the language.
"""
