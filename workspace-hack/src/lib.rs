//! Which features do the heavy third-party crates have? One union for every member, so that `-p` builds share one DataFusion.
