"""The `kairan` command, composed of each folder's own commands."""
