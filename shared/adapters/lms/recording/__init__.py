"""Recordings of real traffic without what it says of people: `Recorder` writes, `replay` answers."""
