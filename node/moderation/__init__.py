"""What residents post before it is let in, what they report, and who looks at it.

All of it is this machine's own: in the ledger's file, in tables beside it that nothing derives,
that no road reads and that no board shows.
"""
