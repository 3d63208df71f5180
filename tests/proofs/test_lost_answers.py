"""Proof R7: a lost answer is neither a conflict nor a second effect."""
