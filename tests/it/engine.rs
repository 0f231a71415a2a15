//! The engine against vendors that answer by a script: jobs, bodies, windows, parts.

mod bodies;
mod jobs;
mod microsoft_ads;
mod parents;
mod parts;
mod vendor;
mod windows;
