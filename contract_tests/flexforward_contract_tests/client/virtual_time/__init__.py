"""Virtual time for clients: who waits until when, what is in flight, and when time may move.

May import ``transcript`` for the values of a run.
"""
