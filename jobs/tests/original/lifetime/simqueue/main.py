"""The application, which nobody calls here."""

app = None
