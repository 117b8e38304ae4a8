"""Making labels and fetching their documents: what the operations ``createLabel`` and ``getLabel`` answer.

May import the rest of the engine but not the engine itself, which puts it together, and all that the engine may.
"""
