"""The demo: simulated people whose relations are known, taken through the same doors as anybody."""
