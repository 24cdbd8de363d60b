"""Pure functions: no Django, no clock, no input or output. An auditor can use them alone."""
