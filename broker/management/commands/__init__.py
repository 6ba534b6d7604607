"""One command a file: a door for whoever runs the machine."""
