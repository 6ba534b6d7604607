"""Files bent at random, read behind the walls."""
