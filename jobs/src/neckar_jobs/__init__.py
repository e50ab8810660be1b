"""A queue through which many people share chips. It moves files and runs commands."""

__version__ = "0.1.0"
