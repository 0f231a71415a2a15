//! A simulated company and its vendors on loopback.
