"""The hostile double of the ASCIP LMS: a process of its own, used by tests, the demo and load runs.

It shares no code with the engine: a mistake in the client must not be repeated here.
"""
