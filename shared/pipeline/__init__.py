"""Verbs of the engine: one use case, one transaction."""
