"""Legal and local figures as data, each with its article, source, date and how sure we are."""
