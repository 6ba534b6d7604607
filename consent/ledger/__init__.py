"""The one append-only memory."""
