"""What an API is asked: the target, the plan of requests, the edge that sends them, and what it observes.

Only ``sender`` knows sockets, time and secrets. A module here imports nothing of the other rooms.
"""
