"""Networks that are drawn: a model of boxes and arrows, and the script that it becomes."""
