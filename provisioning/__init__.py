"""A blank mini-PC becomes a node."""
