"""The grammar of mlp files."""
