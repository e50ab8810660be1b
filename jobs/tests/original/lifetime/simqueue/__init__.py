"""Stands for the original service where its tests of the life of a job import it."""
