"""Pictures of posts: developed apart from whoever serves pages, and kept as entries of the post.

docs/spec/12-pictures.md, docs/decisions/0034-pictures.md.
"""
