"""Search and links: kinds of entity, normalisation, matching and the index port."""
