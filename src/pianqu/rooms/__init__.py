"""The capabilities of the house, lowest first; each has the same inner plan."""
