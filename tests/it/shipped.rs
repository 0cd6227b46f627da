//! The workflows that come with StoryCore: whether their graphs are what ComfyUI takes, and what
//! becomes of them on a real server.

mod drawn;
mod shape;
