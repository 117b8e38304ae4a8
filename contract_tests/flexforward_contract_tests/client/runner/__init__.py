"""What takes clients through trials: programs in any language, Python functions, and pytest sessions.

May import ``virtual_time``, ``rules`` and ``transcript``.
"""
