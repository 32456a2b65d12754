"""One village machine: what its boards show, whom it exchanges with, what is fed into it."""
