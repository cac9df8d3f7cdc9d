"""Judges the tests of a spec by the workflow that it is compiled to: nothing is run."""
