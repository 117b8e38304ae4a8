"""What came back: all observations of a run, and what the rules may ask of them.

May import ``probing``.
"""
