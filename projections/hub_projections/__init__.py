"""Read models: what a view is, the runner that keeps views up with the log, and the views themselves."""
