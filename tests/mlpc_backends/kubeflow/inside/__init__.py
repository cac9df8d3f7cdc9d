"""Programs that run in an environment with Kubeflow's SDK, which the environment of the tests does not have."""
