"""Pages of the desk that need two rooms: merging and splitting organisations, and taking in duty lists."""
