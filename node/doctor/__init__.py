"""What is wrong with a machine, and what somebody does about it: looked for, never mended here.

What `kairan status` knows too, `known.py` says for both; the rest is looked for at the machine.
"""
