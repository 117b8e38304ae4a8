"""A poller that is started as ``python -m as_module``."""
