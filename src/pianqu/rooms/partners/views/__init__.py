"""Pages of partners, and the doors through which other districts' letters come in."""
