"""The facts of the middle floor."""
