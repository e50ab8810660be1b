"""The interface of the original platform (nmpi, version 3), for its clients, runners and web app.

Handlers translate; everything they do is done by `service`. What its documents look like is public
in its OpenAPI description; the words here are our own.
"""
