"""The facts of the ground floor."""
