"""Pages for people at a browser: they call `service` as the REST interface does."""
