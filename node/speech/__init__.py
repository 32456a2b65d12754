"""Posts read aloud: what is said in which words, and by whom, in a process of its own.

docs/decisions/0046-read-aloud.md.
"""
