"""Doors of casework: the resident's pages (report, follow) and the staff's (desk). Each parses, asks or acts once, renders."""
