"""What the REST interface and the console both need around a request."""
