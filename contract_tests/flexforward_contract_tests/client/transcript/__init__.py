"""One run of a client, read label by label: what it asked, was answered, could read, and told.

Pure functions of values. May import nothing of the other rooms.
"""
