"""The node agent: reads this machine's GPUs and sends them to the server, through the public API only."""
