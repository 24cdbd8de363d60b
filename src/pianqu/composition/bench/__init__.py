"""Measurements: each is a command with one form of table, never a timed test."""
