"""Where service points should be, and what one more would bring: `planning` for the three questions, `asking` for the rest."""
