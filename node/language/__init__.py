"""How Japanese is read: kana of words, dates and names, made in a process of its own."""
