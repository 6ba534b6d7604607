"""The private room, from the outside and from within."""
