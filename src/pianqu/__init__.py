"""pianqu (片区): a district governs itself as clusters of neighbourhoods, and anyone can check what was done."""

__version__ = "0.1.0"
