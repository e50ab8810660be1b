"""The ways in for users of PyNN, torch and NIR."""
