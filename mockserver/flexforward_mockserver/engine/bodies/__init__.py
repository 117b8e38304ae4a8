"""Bodies of responses: filled by the contract from a shipment, or taken from what the document shows, and checked.

May import what the engine may, and of the engine only what a request prefers.
"""
