"""The watcher: takes extracts out of the drop folder, which may be where SFTP uploads land."""
