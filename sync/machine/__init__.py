"""What every machine has: a clock, keys, and ledgers. The only part of `sync` that touches them."""
