"""The console: what people read and decide, server-rendered, on the same origin as the REST interface."""
