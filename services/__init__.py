"""The processes: one folder is one program, without business rules of its own."""
