"""The pages that run models: what is made, and what a browser makes of it."""
