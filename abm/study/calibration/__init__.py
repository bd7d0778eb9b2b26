"""Fitting the model to the targets: data, space, emulator, waves, posterior, and how far to trust
them. Each step takes any function from points to readings: a toy, the twin or the model."""
