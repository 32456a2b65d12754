"""The `kairan` command, composed of each package's own commands."""
