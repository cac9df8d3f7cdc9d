"""What backends have in common."""
