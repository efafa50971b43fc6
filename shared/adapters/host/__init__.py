"""What is asked of the machine itself: files, folders, certificates."""
