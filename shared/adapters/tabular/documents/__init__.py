"""Reads JSON documents of an authority's own shape as rows of a feed that declares how they look."""
