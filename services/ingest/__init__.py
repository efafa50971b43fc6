"""The REST interface: uploads, runs, plans, keys, health, metrics (`/api/v1`)."""
