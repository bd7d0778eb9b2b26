"""Tables to pictures and to terminals. Draws what the storeys below have computed."""
