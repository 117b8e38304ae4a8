"""What an API is asked: the target, the plan of requests, and the edge that sends them.

Only ``sender`` knows sockets, time and secrets. A module here imports nothing of the other rooms.
"""
