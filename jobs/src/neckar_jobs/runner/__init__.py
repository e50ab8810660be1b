"""Brings jobs to machines, and back what they leave behind."""
