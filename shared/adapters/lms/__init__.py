"""The adapter of the ASCIP LMS: `AscipLms` stands behind the `Target` port."""
