"""What a machine keeps on a stick against the day it breaks, and how another goes on from it."""
