"""What the engine needs from outside, as Protocols, one per file."""
