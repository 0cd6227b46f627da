//! Has the crate compiled again when the page was built again: the page is carried inside.

fn main() {
    println!("cargo::rerun-if-changed=../../clients/web/dist");
}
