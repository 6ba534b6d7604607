"""The private room: keys and sealed files. Opened by gate and intake alone."""
