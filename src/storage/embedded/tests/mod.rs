//! The contract suite, crashes, damage and full disks, on a simulated disk and on a real one.

mod contract;
mod folder;
