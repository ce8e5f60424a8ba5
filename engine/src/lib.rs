//! Python 3.4's generator-based asyncio, from scratch.
pub use yieldfrom_delegation as delegation;
