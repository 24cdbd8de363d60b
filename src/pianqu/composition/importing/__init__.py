"""Bring in the requests of another system: a mapping says what the columns mean, every row ends in exactly one place."""
