"""What schemathesis makes up from the document: its run, its report, and both as evidence.

The only room that starts schemathesis. May import ``evidence`` and ``probing``.
"""
