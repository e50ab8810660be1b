"""The REST interface: handlers translate, `service` acts, `policy` decides."""
