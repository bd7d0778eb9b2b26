"""Runs of the model: run it, repeat it, judge it, keep it. Knows nothing of pictures."""
