"""What people carry from machine to machine: files on sticks and on phones."""
