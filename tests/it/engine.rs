//! The engine against vendors that answer by a script: jobs, bodies, windows, parts.

mod bodies;
mod jobs;
mod linkedin_ads;
mod microsoft_ads;
mod parents;
mod parts;
mod tiktok_ads;
pub mod vendor;
mod windows;
