"""What is inside of files that nobody vouches for."""
