"""From syntax trees to a program: modules, names of things declared, environments laid over the pipeline."""
