"""The rules for a client: each a function of one run, declared beside its sentence.

May import ``transcript``. No rule knows how a client was run.
"""
