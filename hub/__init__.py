"""The mailbox in the middle: verify, keep, hand on; it knows no boards."""
