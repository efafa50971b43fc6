"""The engine: domain, ports, pipeline and adapters of the ASCIP Sync Engine."""
