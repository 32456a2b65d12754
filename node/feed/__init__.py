"""What others publish, read into posts: warnings, alerts, open data. Pure: bytes in, posts out."""
