"""The Python that steps run; nothing of the compiler is imported here."""
