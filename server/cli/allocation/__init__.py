"""The commands about who holds what: ask, look, extend, give back, and the quotas that bind it."""
