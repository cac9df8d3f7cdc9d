"""The engine for one machine: takes a plan, runs its steps as processes and keeps the store."""
