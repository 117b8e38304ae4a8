"""The mock server: lifecycles, scenarios, sandboxes, the engine, and its command line."""
