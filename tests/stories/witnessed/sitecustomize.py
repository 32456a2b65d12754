"""Makes whatever Python is started with this folder on its path trust its clock.

While a file is there: as a machine does whose clock NTP has set since it was switched on.
"""

import os
from pathlib import Path

from sync.machine import clock

clock._SYNCHRONISED = Path(os.environ["KAIRAN_STORY_SYNCHRONISED"])
