"""Readers of tabular files."""
