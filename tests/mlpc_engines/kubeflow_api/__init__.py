"""A stand-in for the API of Kubeflow Pipelines, which checks requests. No cluster is behind it, and it runs nothing."""
