"""What came back: observations, and all that the rules may ask of them.

May import ``probing``.
"""
