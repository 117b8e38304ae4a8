"""The command line: ``flexforward-mock serve`` and ``scenarios``.

The top room; it may import all others, and no other room imports it.
"""
