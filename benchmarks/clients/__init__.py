"""Load clients; each runs as its own process on the client core and prints one JSON object."""
