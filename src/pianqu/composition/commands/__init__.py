"""One module a command, each with main(argv) -> exit code; cli.py holds the table."""
