"""What is in the database. Nobody else speaks SQL."""
