"""One feature of the protocol a file; each registers its requests with the server."""
