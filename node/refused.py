"""What commands have in common, apart: who runs a machine for years loads nothing for that."""

import argparse
from typing import TypeAlias

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


class Refused(Exception):
    """It can't be done. The message is for the person at the screen."""
