//! Which functions color a terminal's text? Ref: Trino 401 "Color functions".

mod bar;
mod palette;
mod render;

use crate::function::Function;

/// The section's functions.
pub const FUNCTIONS: &[&Function] = &[&bar::BAR, &palette::COLOR, &render::RENDER, &palette::RGB];
