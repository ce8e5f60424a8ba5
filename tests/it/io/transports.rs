//! Transports and protocols over real sockets.

mod addresses;
mod connection_end;
mod connection_life;
mod datagrams;
mod failing_protocols;
mod flow_control;
mod named_pipes;
mod no_descriptors_left;
mod pipes;
mod servers;
