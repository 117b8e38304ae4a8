"""What a tester orders over HTTP: the control API as plain functions, driven by its own OpenAPI document.

No framework either. A module here may import ``engine`` and the rooms beneath it.
"""
