"""What a server remembers: sandboxes with their labels, clocks, armed faults and journals.

No module here knows a request's form or an answer's body. It may import ``scenarios`` and ``flexforward_openapi``.
"""
