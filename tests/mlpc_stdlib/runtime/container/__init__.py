"""Tests of the adaptor that stands between a container and the step contract."""
