"""From a root file system to a disk that starts a machine, and to the machine that it becomes."""
