//! Simulation: programs of SimPy, bad input, and what ends an environment.

mod simpy_programs;
