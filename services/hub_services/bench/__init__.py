"""Benches: what the log and its followers cost beside a floor that does the same with the bare driver."""
