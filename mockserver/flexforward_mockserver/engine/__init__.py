"""What answers: a request in, a response out, as a plain function of a sandbox's state, its clock and the request.

No sockets, no event loop, no framework. A module here may import ``state``, ``scenarios`` and ``flexforward_openapi``.
"""
