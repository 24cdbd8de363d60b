"""What programs send to planning, in the words of its verbs, and what they get."""
