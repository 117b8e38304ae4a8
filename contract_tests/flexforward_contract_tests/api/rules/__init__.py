"""The rules for an API: each a function of the evidence, declared beside its sentence.

May import ``evidence`` and ``probing``. No rule sends a request.
"""
