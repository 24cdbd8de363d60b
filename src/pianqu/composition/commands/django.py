"""`pianqu django …`: Django's own commands with this installation's settings."""

from django.core.management import execute_from_command_line


def main(argv: list[str]) -> int:
    """Hand the words over."""
    execute_from_command_line(["pianqu django", *argv])
    return 0
