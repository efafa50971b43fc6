"""PostgreSQL: tables, unit of work and repositories."""
