"""What keeps an installation running: numbers, log, copies, and what is thrown away."""
