"""What the worker does for casework: tables that posts asked for, and hot issues."""

from pianqu.rooms.casework.jobs.exports import put_away_exports, write_exports, written
from pianqu.rooms.casework.jobs.hotspots import find_hot_issues, find_hot_issues_in

__all__ = ["find_hot_issues", "find_hot_issues_in", "put_away_exports", "write_exports", "written"]
