"""The demonstration: a story as data, told to a real server over HTTP, and what each user then sees of it."""
