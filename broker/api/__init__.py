"""REST, one file per noun."""
