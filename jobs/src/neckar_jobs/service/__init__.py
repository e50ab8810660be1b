"""The verbs: what people and runners do, each one transaction."""
