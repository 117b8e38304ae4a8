"""The way to real sockets: Starlette applications, delivery of broken answers, and uvicorn.

The only room that knows a framework. It may import ``control``, ``engine`` and the rooms beneath them.
"""
