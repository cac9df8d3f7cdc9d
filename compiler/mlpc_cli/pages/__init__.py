"""Pictures for people: each a file that stands alone, loads nothing and runs no text of a spec."""
