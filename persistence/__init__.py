"""Storage: the domain's ports on SQLite, PostgreSQL and Oracle, through one code path."""
