"""What the hub does: decisions, the log, the vault, policy, HTTP and the command line."""
