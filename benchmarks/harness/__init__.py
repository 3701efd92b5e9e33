"""Starting servers on one core, load on another, and telling what happened."""
