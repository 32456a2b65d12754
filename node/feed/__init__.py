"""What comes in from others: official telegrams and open-data lists, read and nothing more.

Bytes go in, typed values come out. No clock, no disk and no ledger here; who writes the
records, and which of two records is shown, is decided elsewhere.
"""
