"""What an editor asks about a spec: what stands at a place, what may stand there, where a name comes from.

Synchronous functions from a :class:`mlpc.compilation.Compilation` and an offset to plain objects, without threads and
without a word of the protocol that carries them. All of them work on a text that does not parse: the tree that recovery
leaves, and the declarations that names lead to, are there all the same.
"""
