"""A blank machine becomes one of a town's: its key, what certifies it, its settings."""
