"""Reading an OpenAPI document: one form for all versions, a check of what is honoured, and the contract as values.

A module here may import the values and helpers of ``flexforward_openapi``, which do not import this room.
"""
