"""The mailbox in the middle: verifies, keeps, hands on. It knows no boards and has no say."""
