"""Nouns of the engine: pure values and functions, without IO, clock or randomness."""
