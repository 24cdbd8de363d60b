"""What a long-running process has loaded stays until it ends: looking through it for garbage is time lost."""

import gc


def keep_what_is_loaded() -> None:
    """Leave all that is there now out of later collections; a batch of ten thousand facts takes half of the time then."""
    gc.collect()
    gc.freeze()
