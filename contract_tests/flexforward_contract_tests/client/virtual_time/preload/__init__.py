"""What is loaded into a client under test. Its folder goes on the client's own path, so nothing here imports ours."""
