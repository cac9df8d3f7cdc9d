"""Tests of the backend for Kubeflow Pipelines."""
