"""What we claim about speed, as commands: `python bench/NAME.py`."""

import sys
from pathlib import Path

# Python looks first where the script lies, and there bench/sync.py would hide sync/.
_HERE = Path(__file__).resolve().parent
sys.path[:] = [place for place in sys.path if Path(place or ".").resolve() != _HERE]
