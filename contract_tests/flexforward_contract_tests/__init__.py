"""Does an API keep the contract? So far: what the OpenAPI document says, checked by schemathesis."""
