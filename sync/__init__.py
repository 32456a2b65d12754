"""What an entry is, what two machines lack of each other, what a record becomes.

Pure: no clock, disk or network, but for `sync.machine`. The bytes are those of `docs/spec/`.
"""
