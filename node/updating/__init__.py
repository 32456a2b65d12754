"""Another version in the place of this one: how it comes, is tried, and goes again."""
