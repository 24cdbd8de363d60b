"""Django's two databases with the commit guard inside."""
