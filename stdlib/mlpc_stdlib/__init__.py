"""The standard library: components in mlp files, and the Python that their steps run."""
