"""Tables derived from the ledger: posts, and the decisions about people and posts."""

from node.views.views import Views

__all__ = ["Views"]
