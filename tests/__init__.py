"""The tests. They mirror the code: tests/<package>/... holds the tests of <package>."""
