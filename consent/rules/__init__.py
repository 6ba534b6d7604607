"""The rules, one a room; decision.py joins them."""
