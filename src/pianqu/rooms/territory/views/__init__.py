"""Territory's pages: clusters and cells of a day on a map and in a table, versions, grids in and out as files."""
