"""One file a format, behind one Source."""
