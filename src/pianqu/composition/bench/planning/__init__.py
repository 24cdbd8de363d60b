"""What `pianqu bench planning` measures: a module for each part, each with `measure`."""
