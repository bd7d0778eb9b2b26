"""The commands beside `abm run` and `abm list`, a module each: what is typed, and what is shown."""
