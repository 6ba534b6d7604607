"""The demo's world: simulated people whose relations are known, their files, and evidence they left behind."""
