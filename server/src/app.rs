//! Placeholder head; the owner writes it.
