"""What takes clients through trials: programs in any language, Python functions, and pytest sessions.

May import the judge and every other room; only the command and ``ClientContract`` stand above it.
"""
