"""The language server: the protocol's words for what :mod:`mlpc.assist` knows, one file a feature.

The analysis is synchronous and free of threads; a request is answered from the text that the editor has at that moment, and
refused where it was asked about an older one.
"""
