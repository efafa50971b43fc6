"""Time and ids."""
