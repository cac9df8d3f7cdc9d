"""From a typed program to the Workflow IR, and the passes that complete it."""
