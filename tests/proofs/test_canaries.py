"""Proofs S3, S35 and S36: nothing readable at rest, and nothing left of what was erased."""
