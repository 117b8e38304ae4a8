"""What a shipment lives through: scenarios, how they are read and written, and how far a lifecycle has come.

Plain values and pure functions of them. A module here may import ``flexforward_openapi`` and other modules of this
room, nothing else of the mock server.
"""
