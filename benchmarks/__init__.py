"""Side-by-side figures: this server, its peers and the limit of the machine, one JSON line per figure."""
