"""Letters that few may read: to whoever is behind a post, and back to whoever has the receipt."""
