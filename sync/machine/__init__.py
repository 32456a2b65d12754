"""What every machine has: a clock, keys and ledgers."""
