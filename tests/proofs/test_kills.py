"""Proof R1: no acknowledged event is lost by a kill."""
