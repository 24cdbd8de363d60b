"""The directory's pages: who answers, who is here, who has duty, and how the organisations stand to each other."""
