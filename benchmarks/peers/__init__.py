"""The Python peers: plain Strawberry, hand-written lists and the limit of the machine."""
