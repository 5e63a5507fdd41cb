//! I2, I4 and I20: what is left after a kill and after a failing disk.

mod faulty_disk;
mod kill;
