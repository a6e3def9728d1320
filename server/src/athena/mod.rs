//! Placeholder head; the owner of this folder writes it.
