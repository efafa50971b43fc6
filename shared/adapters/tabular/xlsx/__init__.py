"""Reads XLSX workbooks behind the port of the tabular readers."""
