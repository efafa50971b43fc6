"""One process that serves the REST interface and the console on one port."""
