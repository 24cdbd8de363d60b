"""A mirror: a small server of its own that keeps a whole copy of a log, proves it entry by entry, and signs what it keeps."""
