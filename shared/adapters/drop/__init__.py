"""The drop folder on a POSIX file system, and the safe way to open what others put there."""
