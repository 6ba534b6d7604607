"""One kind of question a file."""
