"""Neighbours on the LAN: found by mDNS, and told at once when something changed."""
