//! zonda
