"""A page, or the pages of one subject, in each module: read, one call of the pipeline, show."""
