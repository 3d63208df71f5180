"""Commands and the rules they follow, one file a subject; pure functions of the past and of who asks."""
