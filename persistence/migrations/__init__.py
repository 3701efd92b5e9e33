"""The schema's history (Alembic). Run by `persistence.migrate`, never by hand.

A released migration is never edited, and names its columns and types itself: tables.py goes on changing.
Replicas of the version before keep running while a migration is applied, so each must leave them working.
On Oracle every statement that changes a table commits by itself: there, a migration that failed halfway has to be
completed by hand before it is tried again; on the others nothing of it is left.
"""
