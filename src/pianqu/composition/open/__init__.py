"""Pages of the open face that belong to no room."""
