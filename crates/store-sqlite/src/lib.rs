//! The embedded store: SQLite behind one writer thread with group commit
