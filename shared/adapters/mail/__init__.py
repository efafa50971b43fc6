"""Mail that leaves the engine."""
